/** The INVITEs on their way through the edge, by transaction, remembered for 64·T1 (Timers B, H, J) and at most twice that. */
import type { IncomingRequest } from '../../sip/message/incoming.ts';
import type { Gate } from './edge-proxy.ts';

const REMEMBER_MS = 32_000;

export interface InviteTransaction {
  readonly id: number;
  readonly request: IncomingRequest;
  readonly text: string;
  gate: Gate | null;
  attempt: number;
  /** Goes to the site as X-Edge-Call. */
  label: string;
  /** Our own final response, once given. */
  reply: string | null;
  /** Has a site taken it? Set by the front. */
  taken: boolean;
  /** The call has ended. */
  over: boolean;
  /** The front's own. */
  data: unknown;
}

/** Two generations: what is older than both is forgotten at once, without a timer for each. */
export class InviteMemory {
  #recent = new Map<string, InviteTransaction>();
  #older = new Map<string, InviteTransaction>();
  #turnAt: number;

  constructor(now: number) {
    this.#turnAt = now + REMEMBER_MS;
  }

  /** By its transaction key: branch and sent-by (RFC 3261 17.2.3). */
  find(key: string): InviteTransaction | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  add(id: number, request: IncomingRequest, text: string): InviteTransaction {
    if (request.at >= this.#turnAt) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#turnAt = request.at + REMEMBER_MS;
    }
    const transaction = { id, request, text, gate: null, attempt: 0, label: '', reply: null, taken: false, over: false, data: null };
    this.#recent.set(request.viaBranch, transaction);
    return transaction;
  }
}
