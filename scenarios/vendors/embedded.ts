/**
 * The embedded vendor: a call centre of two sites that callsurge starts for the time of a run, on this machine alone. For the demo, for tests, and
 * for trying a scenario before a real vendor sees it. Registered agents of ours answer, so both sides of every call are known.
 */
import { defineVendor, env } from 'callsurge';

// This vendor lives and dies with the run, so its password is no secret; a real profile never sets one. `{n}` becomes the agent's number.
process.env.CALLSURGE_EMBEDDED_PASSWORD ??= 'embedded{n}';
const AGENTS = 24;

export default defineVendor({
  name: 'embedded',
  title: 'Embedded vendor',
  trunks: [{ name: 'edge', host: '127.0.0.1', port: 5070 }],
  numbers: { main: '4001000000' },
  agents: [
    {
      kind: 'sip',
      name: 'support',
      count: AGENTS,
      skills: ['support'],
      accounts: { username: '{n}', first: 1001, password: env('CALLSURGE_EMBEDDED_PASSWORD') },
      answerDelay: { uniform: ['200ms', '800ms'] },
      wrapUp: '500ms',
    },
  ],
  claims: {
    concurrentCalls: { atLeast: 60, counting: 'answered', words: 'at least 60 calls at a time after scaling' },
    serviceLevel: { atLeast: 0.5, within: '10s', words: 'half of all callers within ten seconds' },
    failover: { within: '5s', veto: true, words: 'a site may die: back within five seconds' },
    scaleUp: { within: '10s', words: 'more lines in ten seconds, by API' },
  },
  contract: {
    targets: ['127.0.0.1'],
    called: ['4001000000', '2000'],
    callers: ['40090xxxxxx', '900xxxx'],
    maxCallsPerSecond: 600,
    maxChannels: 2000,
    contact: { name: 'yourself' },
  },
  announcements: { menu: { hz: 600 }, hold: { hz: 440 }, 'queue-full': { hz: 350 } },
  // A dead site says nothing: silence for this long, and the caller hangs up.
  limits: { mediaSilence: '3s' },
  trial: { type: 'dedicated', seats: AGENTS },
  embedded: {
    port: 5070,
    apiPort: 5170,
    sites: [
      { name: 'a', channels: 22 },
      { name: 'b', channels: 22 },
    ],
    menu: { '1': 'support' },
    ringMs: 50,
    answerMs: 150,
    failover: { inviteTimeoutMs: 800, probeMs: 500, probesDown: 2, probesUp: 2 },
    queue: { maxLength: 200, overflow: 'announce' },
    accounts: [{ username: '{n}', password: process.env.CALLSURGE_EMBEDDED_PASSWORD, first: 1001, count: AGENTS, skill: 'support' }],
    scaleDelayMs: 2000,
  },
});
