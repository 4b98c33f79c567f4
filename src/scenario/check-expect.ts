/** `surge.expect`: what a scenario's callers do on average, said once more as data, because a plan cannot look into the scenario's functions. */
import { Fields } from '../schedule/fields.ts';

export interface CheckedExpect {
  /** No caller asks for an agent. */
  agent?: false;
  talkMs?: number;
  patienceMs?: number;
  /** Of those who were refused or gave up, this share calls again, that long after, up to `tries` calls in all. */
  redials?: { probability: number; tries: number; afterMs: number };
  /** Shares of what is asked for; they add up to 1. */
  skills?: Record<string, number>;
}

/** @throws CallsurgeError `option-invalid`, naming the field: `surge.expect.redials.tries`. */
export function checkExpect(expect: Fields): CheckedExpect {
  const checked: CheckedExpect = {
    ...(expect.boolean('agent', true) ? {} : { agent: false }),
    ...(expect.has('talk') ? { talkMs: expect.duration('talk', undefined, 1) } : {}),
    ...(expect.has('patience') ? { patienceMs: expect.duration('patience', undefined, 1) } : {}),
    ...(expect.has('redials') ? { redials: checkRedials(new Fields(expect.raw('redials'), expect.path('redials'))) } : {}),
    ...(expect.has('skills') ? { skills: checkSkills(new Fields(expect.raw('skills'), expect.path('skills')), expect) } : {}),
  };
  expect.end();
  return checked;
}

/** The defaults of `caller.redials` (call/redial.ts). */
function checkRedials(redials: Fields): NonNullable<CheckedExpect['redials']> {
  const checked = {
    probability: redials.has('probability') ? numberOf(redials, 'probability', 1) : 1,
    tries: redials.integer('tries', 1, 3),
    afterMs: redials.duration('after', '20s'),
  };
  redials.end();
  return checked;
}

/** Shares as in `caller.intent`: any positive numbers. */
function checkSkills(skills: Fields, of: Fields): Record<string, number> {
  const names = Object.keys(of.raw('skills') as object);
  const shares = names.map((name) => numberOf(skills, name, 1e9));
  const sum = shares.reduce((all, share) => all + share, 0);
  if (!(sum > 0)) throw of.invalid('skills', 'must have a share above 0');
  skills.end();
  return Object.fromEntries(names.map((name, i) => [name, shares[i]! / sum]));
}

function numberOf(fields: Fields, name: string, most: number): number {
  const value = fields.raw(name);
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  throw fields.invalid(name, most === 1 ? 'must be from 0 to 1' : 'must be a number from 0 up');
}
