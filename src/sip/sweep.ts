/** Ending calls that no transaction of this stack holds: what another process left open, and a 2xx that came after we had given up. */
import type { IncomingResponse } from './message/incoming.ts';
import { uriTarget } from './next-hop.ts';
import type { Shared } from './shared.ts';
import type { DialogSnapshot, TransactionResult } from './stack.ts';
import { transact } from './transact.ts';

/** BYE where the dialog was confirmed (route set, remote target, next CSeq), else CANCEL with the branch of its INVITE (RFC 3261 9.1). */
export function sweep(shared: Shared, open: DialogSnapshot): Promise<TransactionResult> {
  const confirmed = open.remoteTag !== null;
  let cseq = open.localCseq;
  return transact(
    shared,
    () => {
      const request = shared.make({
        method: confirmed ? 'BYE' : 'CANCEL',
        requestUri: (confirmed ? open.remoteTarget : null) ?? open.requestUri,
        fromUri: open.localUri,
        fromDisplay: '',
        fromTag: open.localTag,
        toUri: open.remoteUri,
        toDisplay: '',
        toTag: open.remoteTag ?? '',
        callId: open.sipCallId,
        cseq: confirmed ? ++cseq : open.localCseq,
        routeSet: confirmed ? open.routeSet : [],
        headers: [],
      });
      if (!confirmed) {
        request.branch = open.branch ?? shared.ids.branch();
        // The server finds the INVITE by branch and sent-by (RFC 3261 9.2, 17.2.3): those of the process that is gone.
        request.sentBy = open.local;
      }
      return request;
    },
    { nextHop: open.remote },
  );
}

/** ACK, and the first time BYE, from nothing but the 2xx itself: it holds the whole dialog. */
export function endStray(shared: Shared, response: IncomingResponse, first: boolean): void {
  const requestUri = response.contact ?? response.toUri;
  const parts = {
    requestUri,
    fromUri: response.fromUri,
    fromDisplay: '',
    fromTag: response.fromTag,
    toUri: response.toUri,
    toDisplay: '',
    toTag: response.toTag,
    callId: response.callId,
    routeSet: response.headers('record-route').reverse(),
    headers: [],
  };
  const ack = shared.make({ ...parts, method: 'ACK', cseq: response.cseq });
  ack.setViaHeader('');
  shared.wire.sendOnce(ack, uriTarget(parts.routeSet[0] ?? requestUri) ? undefined : response.source);
  if (!first) return;
  let cseq = response.cseq;
  void transact(shared, () => shared.make({ ...parts, method: 'BYE', cseq: ++cseq }));
}
