/** What a run has left open at the vendor: `open.csv` folded. The last `open` row of a leg without a `close` row says how to end it. */
import type { OpenDialog, OpenRow } from './schema.ts';

/** A leg that is open, and how to end it. */
export interface OpenLeg extends OpenDialog {
  call: string;
  party: 'caller' | 'agent' | null;
  openedMs: number | null;
}

export class OpenCalls {
  readonly #open = new Map<string, { first: OpenRow; last: OpenRow }>();

  add(row: OpenRow): void {
    if (row.call === null) return;
    // Rows of one leg come from one worker, in order.
    if (row.op === 'close') this.#open.delete(row.call);
    if (row.op !== 'open') return;
    this.#open.set(row.call, { first: this.#open.get(row.call)?.first ?? row, last: row });
  }

  /** Legs still open, oldest first. Rows without the least that SIP needs (Call-ID, URIs, our tag) cannot be ended and are left out. */
  figures(): OpenLeg[] {
    return [...this.#open.values()].flatMap(({ first, last }) => legOf(first, last) ?? []);
  }

  /** All of them, also those that cannot be ended. */
  get count(): number {
    return this.#open.size;
  }
}

function legOf(first: OpenRow, row: OpenRow): OpenLeg | undefined {
  const local = hostPort(row.local);
  const remote = hostPort(row.remote);
  if (!row.call || !row.sip_call_id || !row.local_uri || !row.local_tag || !row.remote_uri || !local || !remote) return undefined;
  return {
    call: row.call,
    party: row.party === 'caller' || row.party === 'agent' ? row.party : null,
    openedMs: first.t_ms,
    sipCallId: row.sip_call_id,
    localUri: row.local_uri,
    localTag: row.local_tag,
    remoteUri: row.remote_uri,
    remoteTag: row.remote_tag,
    remoteTarget: row.remote_target,
    routeSet: Array.isArray(row.route_set) ? row.route_set.map(String) : [],
    localCseq: row.local_cseq ?? 1,
    branch: row.branch,
    requestUri: row.request_uri ?? row.remote_uri,
    transport: row.transport ?? 'udp',
    local,
    remote,
  };
}

/** `host:port`, with IPv6 in brackets or bare: the last colon counts. */
function hostPort(text: string | null): { host: string; port: number } | undefined {
  const colon = text?.lastIndexOf(':') ?? -1;
  if (!text || colon < 1) return undefined;
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port < 1 || port > 65535) return undefined;
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port };
}
