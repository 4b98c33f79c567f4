/** Callers and agents of `lab-queue`: two skills, VIPs, patience; agents who let it ring, refuse, write up and take breaks. */

/** Per site; the last fifth answers sales. */
export const AGENTS_PER_SITE = 20;

/**
 * Two waves above what the agents can take, with room to drain between; about 3 % more calls than asked for, in 250 s for 2000.
 * @param calls about how many: scales the length
 */
export const scenario = (calls: number) => {
  const s = (seconds: number) => `${Math.max(1, Math.round((seconds * calls) / 2000))}s`;
  return `
import { caller, dial, patience, talkTime } from 'callsurge';
export const options = { scenarios: { customers: {
  executor: 'ramping-arrival-rate', exec: 'customer', startRate: 5,
  stages: [
    { duration: '${s(5)}', target: 9 }, { duration: '${s(65)}', target: 9 }, { duration: '${s(10)}', target: 5 }, { duration: '${s(30)}', target: 5 },
    { duration: '${s(10)}', target: 11 }, { duration: '${s(65)}', target: 11 }, { duration: '${s(10)}', target: 4 }, { duration: '${s(30)}', target: 4 },
    { duration: '${s(5)}', target: 9 }, { duration: '${s(20)}', target: 9 },
  ],
  preAllocatedVUs: 200, maxVUs: 500, gracefulStop: '90s',
} } };
export const surge = { seed: 2026, arrivals: 'poisson', callLength: '14s', drain: '60s' };
export async function customer() {
  const intent = caller.intent({ support: 0.78, sales: 0.22 });
  const call = await dial('menu', { intent, vip: caller.vip(0.12) });
  await call.answered();
  await call.press(intent === 'sales' ? '2' : '1');
  await call.agent({ patience: patience.exponential('18s') });
  await call.talk(talkTime.lognormal({ mean: '4.5s', sigma: 0.5 }));
  await call.hangUp();
}
`;
};

/** The lab's own profile with these agents, and numbers of their own for VIPs. @param root of this repository */
export const vendor = (root: string) => {
  const sales = Math.floor(AGENTS_PER_SITE / 5);
  const support = AGENTS_PER_SITE - sales;
  const group = (name: string, skill: string, first: number, count: number, host: string) => `{
    kind: 'sip', name: '${name}-${skill}', count: ${count}, skills: ['${skill}'],
    accounts: { username: '{n}', first: ${first}, password: env('LAB_AGENT_PASSWORD') }, registrar: { host: '${host}' },
    answerDelay: { uniform: ['300ms', '1200ms'] }, handling: { lognormal: { mean: '8s', sigma: 0.4 } }, wrapUp: { uniform: ['300ms', '900ms'] },
    noAnswer: 0.04, reject: 0.04, notReady: { every: { exponential: '90s' }, for: '4s' },
  }`;
  const site = (name: string, first: number, host: string) => [
    group(name, 'support', first, support, host),
    group(name, 'sales', first + support, sales, host),
  ];
  return `
import { defineVendor, env } from 'callsurge';
import lab from '${root}/scenarios/vendors/lab.ts';
export default defineVendor({ ...lab, claims: {}, agents: [${[...site('site-a', 1001, '127.0.11.1'), ...site('site-b', 1101, '127.0.12.1')].join(', ')}],
  contract: { ...lab.contract, callers: ['5xxxxxx'], vipCallers: ['900xxxx'] }, trial: undefined });
`;
};
