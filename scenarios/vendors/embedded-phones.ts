/**
 * The embedded vendor with agents who work by telephone (kind `phone`), and with call-backs: it calls our SIP port for both. What a real vendor needs for
 * this: our address as a trunk, the numbers bound to its agents' seats, and the callers' numbers routed there.
 *
 *     callers ──▶ edge :5070 ──▶ site ──▶ edge ──▶ our port 5062: agents 4007001001 …, and callers who left their number
 */
import { defineVendor } from 'callsurge';

const AGENTS = 24;
const NUMBERS = { number: '400700{n}', first: 1001 };
/** Of our first worker; the others have the ports after it. */
const SIP_PORT = 5062;

export default defineVendor({
  name: 'embedded-phones',
  title: 'Embedded vendor, agents by telephone',
  trunks: [{ name: 'edge', host: '127.0.0.1', port: 5070 }],
  numbers: { main: '4001000000' },
  agents: [
    {
      kind: 'phone',
      name: 'desk',
      count: AGENTS,
      skills: ['support'],
      // Nothing registers: the vendor calls these numbers, and we answer as the agent would.
      numbers: NUMBERS,
      answerDelay: { uniform: ['300ms', '1200ms'] },
      wrapUp: '500ms',
      noAnswer: 0.02,
    },
  ],
  claims: { serviceLevel: { atLeast: 0.5, within: '10s', words: 'half of all callers within ten seconds' } },
  contract: {
    targets: ['127.0.0.1'],
    called: ['4001000000'],
    callers: ['40090xxxxxx'],
    maxCallsPerSecond: 100,
    maxChannels: 400,
    contact: { name: 'yourself' },
  },
  announcements: { menu: { hz: 600 }, hold: { hz: 440 }, 'queue-full': { hz: 350 } },
  trial: { type: 'dedicated', seats: AGENTS },
  local: { sipPort: SIP_PORT },
  embedded: {
    port: 5070,
    apiPort: 5170,
    sites: [
      { name: 'a', channels: 60 },
      { name: 'b', channels: 60 },
    ],
    menu: { '1': 'support' },
    ringMs: 50,
    answerMs: 150,
    // Whoever leaves a phone ringing is passed over, the caller keeps the place; after a call an agent is left alone for the wrap-up.
    wrapUpMs: 700,
    agentRingMs: 4000,
    trunk: { host: '127.0.0.1', port: SIP_PORT },
    phones: [{ ...NUMBERS, count: AGENTS, skill: 'support' }],
    callBack: { digit: '9', afterMs: { exponential: 3000 } },
  },
});
