/**
 * What a run has left open at the vendor, while it runs: each leg's last line of open.csv, read only where a worker dies and somebody has to end what
 * it had open.
 */
import { rowOfLine } from './csv-line.ts';
import { OpenCalls, type OpenLeg } from './open-calls.ts';

export class OpenLines {
  readonly #open = new Map<string, { openedMs: number; line: string }>();

  /** A line of open.csv, with its end, that says how to end that call. */
  opened(call: string, line: string): void {
    this.#open.set(call, { openedMs: this.#open.get(call)?.openedMs ?? Number.parseFloat(line), line });
  }

  closed(call: string): void {
    this.#open.delete(call);
  }

  get count(): number {
    return this.#open.size;
  }

  /** Legs still open, oldest first; those that lack what SIP needs are left out. @param whose only legs of that name. */
  legs(whose: (call: string) => boolean): OpenLeg[] {
    const calls = new OpenCalls();
    for (const [call, { openedMs, line }] of this.#open) {
      const row = whose(call) ? rowOfLine('open', line) : undefined;
      if (row) calls.add({ ...row, t_ms: openedMs });
    }
    return calls.figures();
  }
}
