/**
 * The embedded vendor with agents who work on its web phone (kind `browser`), `http://127.0.0.1:5170/phone`: `web-phone.ts` beside this file works it, one
 * page an agent. Wants playwright-core, and CHROMIUM=/usr/bin/chromium (say) where Playwright has no browser of its own. The vendor tells callers of
 * their agent by SIP INFO; what the pages saw stands in events.csv.
 *
 *     callers ──▶ edge :5070 ──▶ site ┄┄ web page ◀── Chromium, worked by the script
 */
import { defineVendor, env } from 'callsurge';

const AGENTS = 6;
// This vendor lives and dies with the run, so its password is no secret; a real profile never sets one.
process.env.CALLSURGE_EMBEDDED_PASSWORD ??= 'embedded{n}';
process.env.WEB_PHONE ??= 'http://127.0.0.1:5170/phone';

export default defineVendor({
  name: 'embedded-web',
  title: 'Embedded vendor, agents on its web page',
  trunks: [{ name: 'edge', host: '127.0.0.1', port: 5070 }],
  numbers: { main: '4001000000' },
  agents: [
    {
      kind: 'browser',
      name: 'web',
      count: AGENTS,
      skills: ['support'],
      accounts: { username: 'web{n}', password: env('CALLSURGE_EMBEDDED_PASSWORD') },
      script: './web-phone.ts',
    },
  ],
  signalling: { method: 'INFO', header: 'X-Agent' },
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
    wrapUpMs: 500,
    webPhones: [{ username: 'web{n}', password: process.env.CALLSURGE_EMBEDDED_PASSWORD, first: 1, count: AGENTS, skill: 'support' }],
    signalAgent: 'INFO',
  },
});
