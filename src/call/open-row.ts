/** Rows of open.csv: what `callsurge sweep` needs to end a call that a killed run left behind. */
import { type OpenRow, rowOf } from '../record/schema.ts';
import type { DialogSnapshot } from '../sip/stack.ts';
import type { CallServices } from './services.ts';

export function openRow(
  services: CallServices,
  call: string,
  party: 'caller' | 'agent',
  answered: boolean,
  dialog: DialogSnapshot,
): OpenRow {
  return rowOf('open', {
    t_ms: services.clock.now(),
    op: 'open',
    call,
    party,
    answered,
    worker: services.worker,
    sip_call_id: dialog.sipCallId,
    local_uri: dialog.localUri,
    local_tag: dialog.localTag,
    remote_uri: dialog.remoteUri,
    remote_tag: dialog.remoteTag,
    remote_target: dialog.remoteTarget,
    route_set: dialog.routeSet,
    local_cseq: dialog.localCseq,
    branch: dialog.branch,
    request_uri: dialog.requestUri,
    transport: dialog.transport,
    local: `${dialog.local.host}:${dialog.local.port}`,
    remote: `${dialog.remote.host}:${dialog.remote.port}`,
  });
}

export function closeRow(services: CallServices, call: string): OpenRow {
  return rowOf('open', { t_ms: services.clock.now(), op: 'close', call, worker: services.worker });
}
