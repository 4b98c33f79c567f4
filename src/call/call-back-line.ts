/**
 * The line of a call that the vendor makes to one of our callers, at the worker where it came in. The caller who waits for it may sit in another
 * worker and then works it from there (engine/call-back-exchange.ts): dialog and media stay here, where the vendor sent its INVITE.
 */
import type { IncomingCall, SipDialog } from '../sip/stack.ts';
import { CallMedia } from './media.ts';
import { closeRow, openRow } from './open-row.ts';
import type { CallServices } from './services.ts';

export interface CallBackEnd {
  action: 'missed' | 'rejected' | 'ended' | 'failed';
  by: 'caller' | 'vendor';
}

export interface CallBackLine {
  /** When the INVITE came, Clock ms. */
  readonly at: number;
  /** @returns false where the vendor gave up meanwhile, or has no codec of ours: it is over then. */
  answer(): Promise<boolean>;
  /** Refuses while it rings. Resolves when nothing is left; at once where it is over already. */
  hangUp(): Promise<void>;
  /** Told once, however it ends; at once where it has. */
  whenOver(tell: (end: CallBackEnd) => void): void;
}

/** Finds callers who wait in other workers. */
export interface CallBackExchange {
  /** Somebody here waits at that number. @returns ends it. */
  expect(key: string, take: (line: CallBackLine) => void): () => void;
  /** Whoever waits for one of these numbers elsewhere takes the line. @returns false: nobody. */
  offer(keys: readonly string[], line: CallBackLine & { ring(): void }): Promise<boolean>;
}

const open = new WeakMap<CallServices, Set<OwnLine>>();

export class OwnLine implements CallBackLine {
  readonly #services: CallServices;
  readonly #incoming: IncomingCall;
  readonly #name: string;
  #media: CallMedia | undefined;
  #dialog: SipDialog | undefined;
  #end: CallBackEnd | undefined;
  #tell: ((end: CallBackEnd) => void) | undefined;

  /** Takes the INVITE, without a word to the vendor yet. */
  constructor(services: CallServices, incoming: IncomingCall) {
    this.#services = services;
    this.#incoming = incoming;
    // As an agent's leg: if this worker dies, it is ended like one, and no caller's row stands for it.
    this.#name = `a${services.worker}-back-${incoming.request.callId}`;
    const lines = open.get(services) ?? new Set();
    open.set(services, lines.add(this));
    incoming.handlers = {
      cancelled: () => this.#over({ action: 'missed', by: 'vendor' }),
      ended: () => this.#over({ action: 'ended', by: 'vendor' }),
      unacknowledged: () => this.#over({ action: 'failed', by: 'vendor' }),
      offer: (offer) => {
        const body = this.#media?.reply(offer.body || undefined);
        return body ? { status: 200, body } : { status: 488 };
      },
    };
  }

  get at(): number {
    return this.#incoming.request.at;
  }

  ring(): void {
    if (!this.#end) this.#incoming.ring();
  }

  /** Nobody waits at that number. */
  unknown(): void {
    if (this.#end) return;
    this.#incoming.reject(404);
    this.#over({ action: 'rejected', by: 'caller' });
  }

  async answer(): Promise<boolean> {
    const services = this.#services;
    if (this.#end || this.#dialog) return !this.#end;
    const media = services.pump ? await CallMedia.open(services).catch(() => undefined) : CallMedia.off(services);
    const body = media?.reply(this.#incoming.request.body || undefined);
    if (this.#end || !body) {
      media?.close();
      if (!this.#end) this.#incoming.reject(media ? 488 : 500);
      this.#over({ action: 'failed', by: 'vendor' });
      return false;
    }
    this.#media = media;
    this.#dialog = this.#incoming.accept(body);
    services.sink.write('open', openRow(services, this.#name, 'caller', true, this.#dialog.snapshot()));
    return true;
  }

  async hangUp(): Promise<void> {
    if (this.#end) return;
    const dialog = this.#dialog;
    if (!dialog) this.#incoming.reject(486);
    this.#over({ action: dialog ? 'ended' : 'rejected', by: 'caller' });
    await dialog?.bye();
  }

  abandonUnawaited(): void {
    if (this.#end) return;
    if (this.#dialog) this.#dialog.byeUnawaited();
    else this.#incoming.reject(480);
    this.#over({ action: this.#dialog ? 'ended' : 'rejected', by: 'caller' });
  }

  whenOver(tell: (end: CallBackEnd) => void): void {
    if (this.#end) tell(this.#end);
    else this.#tell = tell;
  }

  #over(end: CallBackEnd): void {
    if (this.#end) return;
    this.#end = end;
    open.get(this.#services)?.delete(this);
    this.#media?.close();
    if (this.#dialog) this.#services.sink.write('open', closeRow(this.#services, this.#name));
    this.#tell?.(end);
  }
}

/** One BYE or refusal for each, nothing awaited. */
export function abandonCallBacks(services: CallServices): void {
  for (const line of [...(open.get(services) ?? [])]) line.abandonUnawaited();
}
