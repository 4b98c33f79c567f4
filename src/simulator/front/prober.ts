/** OPTIONS from the edge to its sites, never repeated, so that a single loss shows. */
import type { Clock, TimerHandle } from '../../clock.ts';
import { hostPortText } from '../../sip/message/fields.ts';
import type { HostPort } from '../../sip/stack.ts';

export class Prober {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { timer: TimerHandle; answered: (yes: boolean) => void }>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new probe; `answered` is told once. @returns the text to send. */
  next(from: HostPort, to: HostPort, timeoutMs: number, answered: (yes: boolean) => void): string {
    const number = ++this.#count;
    const branch = `z9hG4bKprobe${number}`;
    const timer = this.#clock.after(timeoutMs, () => {
      if (this.#waiting.delete(branch)) answered(false);
    });
    this.#waiting.set(branch, { timer, answered });
    const here = hostPortText(from);
    const uri = `sip:${hostPortText(to)}`;
    return (
      `OPTIONS ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${here};branch=${branch}\r\nFrom: <sip:probe@${here}>;tag=p${number}\r\nTo: <${uri}>\r\n` +
      `Call-ID: probe-${number}@edge\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n`
    );
  }

  /** Takes a response in. @returns whether it was one to a probe that still waits. */
  response(branch: string): boolean {
    const probe = this.#waiting.get(branch);
    if (!probe) return false;
    this.#waiting.delete(branch);
    probe.timer.cancel();
    probe.answered(true);
    return true;
  }

  close(): void {
    for (const probe of this.#waiting.values()) probe.timer.cancel();
    this.#waiting.clear();
  }
}
