/**
 * vendor-a once more, where agents work in its web phone alone (kind `browser`): a profile to copy. `web-phone.ts` beside it logs each of them in and
 * answers, one page an agent. Install playwright-core next to the profile, and set CHROMIUM to a browser where Playwright has none.
 *
 * A browser costs about a tenth of a core: ten such agents on one machine, not a thousand. What their scripts note stands in events.csv; the wait for an
 * agent needs a word of the vendor (`signalling`), or its own report afterwards.
 */
import { defineVendor, env } from 'callsurge';

export default defineVendor({
  name: 'vendor-a-web',
  title: 'Vendor A, agents in its web phone',
  trunks: [{ name: 'main', host: 'sip.vendor-a.example', port: 5060 }],
  numbers: { main: '4001000000' },
  agents: [
    {
      kind: 'browser',
      name: 'web',
      count: 5,
      skills: ['support'],
      // agent1 … agent5; the script gets name and password of its own.
      accounts: { username: 'agent{n}', password: env('VENDOR_A_AGENT_PASSWORD') },
      script: './web-phone.ts',
    },
    // The rest of the trial's seats: somebody of the vendor's or the buyer's answers.
    { kind: 'human', name: 'people', count: 15, skills: ['support'] },
  ],
  signalling: { method: 'UPDATE', header: 'X-Agent' },
  claims: { serviceLevel: { atLeast: 0.8, within: '20s' }, connectRate: { atLeast: 0.95 } },
  contract: {
    targets: ['sip.vendor-a.example'],
    called: ['4001000000'],
    callers: ['5550xxxx'],
    maxCallsPerSecond: 20,
    maxChannels: 200,
    contact: { name: 'NOC of vendor-a', phone: '4001000001' },
    permission: 'letter of 2026-11-01',
    validUntil: '2026-12-31',
  },
  trial: { type: 'shared', seats: 20 },
});
