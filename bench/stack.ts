/** The SIP stack alone (bare-stack.ts) as a caller. */
import { join } from 'node:path';
import { RAMP_S } from './callsurge.ts';
import { type Generator, kbPerCall, type Load, type Outcome } from './generator.ts';
import { cpuBetween, startPinned } from './process.ts';

export function stackCaller({ uasPort, core }: { uasPort: number; core: number }): Generator {
  return {
    name: 'the bare stack',
    async play({ rate, seconds, holdMs }: Load): Promise<Outcome> {
      const args = [join(import.meta.dirname, 'bare-stack.ts'), ...[uasPort, rate, seconds, holdMs].map(String)];
      const run = startPinned(core, process.execPath, args, { limitMs: (RAMP_S + seconds) * 1000 + holdMs + 60_000 });
      await run.done;
      const line = run.printed().trim().split('\n').at(-1) ?? '';
      if (!line.startsWith('{')) throw new Error(`the bare stack failed: ${run.printed().slice(-2000)}`);
      const said = JSON.parse(line) as { startMs: number; planned: number; completed: number; why: object; lagP99Ms: number };
      const from = said.startMs + RAMP_S * 1000;
      const { cpuS, seconds: window } = cpuBetween(run.samples, from, from + seconds * 1000);
      return {
        planned: said.planned,
        completed: said.completed,
        why: Object.entries(said.why)
          .map(([what, n]) => `${n} ${what}`)
          .join(', '),
        cpuPer10k: (cpuS / (rate * window)) * 10_000,
        lagP99Ms: said.lagP99Ms,
        kbPerHeldCall:
          holdMs > seconds * 1000 ? kbPerCall(run.samples, said.startMs, from + seconds * 1000 + 1000, said.planned) : Number.NaN,
        samples: run.samples,
      };
    },
  };
}
