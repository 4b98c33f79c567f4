/** What a fault of our own side can take away from one thread: its address, and what it is told of names (docs/faults.md). */
import type { Clock } from '../clock.ts';
import { durationMs } from '../duration.ts';
import type { MediaPump } from '../media/stream.ts';
import type { OwnFault } from '../scenario/surge.ts';
import { AddressSwitch, NameView, nameService } from '../sip/index.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { bindAddress } from './local-side.ts';

/** TTL of a changed answer where the fault names none. */
const CHANGED_TTL = '5s';

export class OwnSide {
  readonly address = new AddressSwitch();
  readonly names: NameView;
  readonly #host: string;
  readonly #clock: Clock;
  /** When the address was gone, Clock ms; the last may not be over. */
  readonly #gone: { fromMs: number; toMs: number }[] = [];
  #pump: MediaPump | undefined;

  /** @param index worker, from 0; the main thread comes after the last. */
  constructor(vendor: VendorProfile, index: number, clock: Clock) {
    this.#clock = clock;
    this.#host = bindAddress(vendor, index);
    this.names = new NameView(nameService(vendor.local?.nameServers));
  }

  /** Media goes out from the same address. */
  carries(pump: MediaPump | undefined): void {
    this.#pump = pump;
  }

  /** Whether our address was gone at any time in it. */
  goneIn(fromMs: number, toMs: number): boolean {
    return this.#gone.some((span) => span.fromMs <= toMs && span.toMs >= fromMs);
  }

  /** A fault begins or ends; one that is not of this thread's address, or of another kind, changes nothing here. */
  set(fault: OwnFault, on: boolean): void {
    if (fault.action === 'dns-answer') {
      if (on) this.names.change(fault.name, fault.answer, Math.ceil(durationMs(fault.ttl ?? CHANGED_TTL) / 1000));
      else this.names.restore(fault.name);
    }
    if (fault.action !== 'address-gone' || (fault.address !== undefined && fault.address !== this.#host)) return;
    if (on !== this.address.gone) {
      const now = this.#clock.now();
      if (on) this.#gone.push({ fromMs: now, toMs: Number.POSITIVE_INFINITY });
      else this.#gone.at(-1)!.toMs = now;
    }
    this.address.gone = on;
    this.#pump?.addressGone(on);
  }
}
