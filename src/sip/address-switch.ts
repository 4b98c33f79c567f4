/**
 * Our own address gone, as a fault of the run: what is bound to it sends nothing and hears nothing until it is back. The sockets stay open, so that
 * ports and dialogs are still ours afterwards; connections end, as the kernel's would.
 */
import type { SendError, Transport, TransportEvents } from './transport.ts';

export class AddressSwitch {
  readonly #listeners = new Set<() => void>();
  #gone = false;

  get gone(): boolean {
    return this.#gone;
  }

  set gone(gone: boolean) {
    const before = this.#gone;
    this.#gone = gone;
    if (gone && !before) for (const listener of this.#listeners) listener();
  }

  onGone(listener: () => void): void {
    this.#listeners.add(listener);
  }
}

/** As the kernel says it of a socket whose address was taken away: ours, never the vendor's. */
const goneError = (host: string): SendError =>
  Object.assign(new Error(`our own address ${host} is gone, by a fault of this run`), { code: 'EADDRNOTAVAIL', local: true });

export function sendingWhileThere(transport: Transport, address: AddressSwitch | undefined): Transport {
  if (!address) return transport;
  const { name, reliable, local, receiveBuffer } = transport;
  address.onGone(() => transport.drop?.(goneError(local.host)));
  return {
    name,
    reliable,
    local,
    receiveBuffer,
    // Later, as a socket would: nobody expects an answer before the call has returned.
    send: (bytes, to, failed) => (address.gone ? queueMicrotask(() => failed(goneError(local.host))) : transport.send(bytes, to, failed)),
    ping: (to) => {
      if (!address.gone) transport.ping(to);
    },
    close: () => transport.close(),
  };
}

export function hearingWhileThere(events: TransportEvents, address: AddressSwitch | undefined): TransportEvents {
  if (!address) return events;
  return {
    problem: events.problem,
    lost: events.lost,
    message: (bytes, at, source) => {
      if (!address.gone) events.message(bytes, at, source);
    },
  };
}
