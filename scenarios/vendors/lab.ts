/**
 * The lab: two Asterisk sites behind a Kamailio edge on loopback (`npm run lab -- up`, test/lab/README.md). Set LAB_AGENT_PASSWORD to `secret{n}`:
 * `{n}` becomes each agent's number.
 *
 *     callers → edge 127.0.10.1 → site-a 127.0.11.1 ← agents 1001 …
 *                               → site-b 127.0.12.1 ← agents 1101 …
 */
import { type AgentGroup, defineVendor, env } from 'callsurge';

/** Per site, of the lab's accounts of the skill `support` (four fifths of its agents). */
const SUPPORT = 4;
const people = (name: string, first: number, host: string): AgentGroup => ({
  kind: 'sip',
  name,
  count: SUPPORT,
  skills: ['support'],
  accounts: { username: '{n}', first, password: env('LAB_AGENT_PASSWORD') },
  registrar: { host },
  answerDelay: { uniform: ['500ms', '1500ms'] },
  wrapUp: '1s',
});

export default defineVendor({
  name: 'lab',
  title: 'Lab: Asterisk behind Kamailio',
  trunks: [{ name: 'edge', host: '127.0.10.1' }],
  // What scenarios dial as 4001000000 is the menu here.
  numbers: { '4001000000': '2000', menu: '2000', menuByWaitExten: '2001', queue: '2002', echo: '9196', busy: '9486' },
  agents: [people('site-a', 1001, '127.0.11.1'), people('site-b', 1101, '127.0.12.1')],
  claims: {
    concurrentCalls: { atLeast: 100, counting: 'occupied' },
    serviceLevel: { atLeast: 0.8, within: '20s' },
  },
  contract: {
    targets: ['127.0.10.1', '127.0.11.1', '127.0.12.1'],
    called: ['200x', '9196', '9180', '9486', '9503'],
    callers: ['5xxxxxx', '900xxxx'],
    maxCallsPerSecond: 50,
    maxChannels: 400,
    contact: { name: 'yourself' },
  },
  trial: { type: 'dedicated', seats: 2 * SUPPORT },
});
