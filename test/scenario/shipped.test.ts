/** Every scenario that comes with callsurge loads, says what it is, and may run against the embedded vendor without a conflict. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inNode, repository } from './native.ts';

const scenarios = readdirSync(join(repository, 'scenarios')).filter((name) => name.endsWith('.ts'));

interface Shipped {
  name: string;
  title: string;
  comment: boolean;
  conflicts: string[];
  warnings: string[];
  calls: number;
  arrivals: string;
}

const load = () =>
  inNode<Shipped[]>(
    join(repository, 'scenarios'),
    {
      load: 'scenario/load.ts',
      options: 'scenario/options.ts',
      surge: 'scenario/check-surge.ts',
      figures: 'schedule/figures.ts',
      segments: 'schedule/segment.ts',
      contract: 'vendor/contract.ts',
      vendors: 'vendor/load.ts',
    },
    `
    const { createHash } = await import('node:crypto');
    const { profile } = await vendors.loadVendor('embedded');
    const all = [];
    for (const name of ${JSON.stringify(scenarios)}) {
      const loaded = await load.loadScenario(name);
      const checked = options.checkOptions(loaded, { env: {} });
      const wanted = surge.checkSurge(loaded.rawSurge);
      const plan = surge.planRun(checked, wanted);
      surge.checkSurgeAgainst(wanted, plan, profile);
      const figure = figures.planFigures(plan, { callLengthMs: wanted.callLengthMs });
      const conflicts = contract.contractConflicts(profile, { ...figure, startMs: Date.now(), durationMs: plan.totalMs });
      const hash = createHash('sha256');
      for (const { drive } of plan.scenarios) for (const arrival of drive.arrivals(segments.fullSegment)) hash.update(arrival.index + ' ' + arrival.at + ',');
      all.push({
        name, title: loaded.title, comment: /^\\/\\*\\*[\\s\\S]*What it shows:/.test(loaded.source), conflicts: conflicts.map(({ what }) => what),
        warnings: [...checked.warnings, ...figure.warnings], calls: figure.calls, arrivals: hash.digest('hex'),
      });
    }
    return all;`,
  );

describe('scenarios that come with callsurge', () => {
  it('load, plan and stay inside the contract; the same seed gives the same arrivals in every process', async () => {
    const [shipped, again] = await Promise.all([load(), load()]);
    expect(shipped).toEqual(again);
    for (const { name, title, comment, conflicts, warnings, calls } of shipped) {
      expect(title.length, name).toBeGreaterThan(10);
      expect(comment, `${name} says what it shows`).toBe(true);
      expect(conflicts, name).toEqual([]);
      expect(warnings, name).toEqual([]);
      expect(calls, name).toBeGreaterThanOrEqual(200);
    }
    expect(new Set(shipped.map(({ arrivals }) => arrivals)).size).toBe(scenarios.length);
  });
});
