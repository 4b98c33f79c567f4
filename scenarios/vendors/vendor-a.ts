/**
 * vendor-a: a profile to copy. Everything that is not in a comment must be filled in with what the vendor has given and permitted in writing; what
 * is in comments has a default. Numbers, hosts and claims here are examples and lead nowhere.
 */
import { defineVendor, env } from 'callsurge';

export default defineVendor({
  // Part of the run folder's name: letters, digits, dashes.
  name: 'vendor-a',
  title: 'Vendor A',

  // Where calls go. Several trunks: by priority (main and standby), then shared by weight.
  trunks: [
    {
      name: 'main',
      host: 'sip.vendor-a.example',
      port: 5060,
      transport: 'udp',
      // Only where the vendor asks for digest; it may trust the address instead. Never write the password itself.
      credentials: { username: 'trial', password: env('VENDOR_A_TRUNK_PASSWORD') },
    },
    // { name: 'standby', host: 'sip2.vendor-a.example', transport: 'tls', priority: 1 }, // docs/connecting.md
  ],
  // A 400 number dialled through the buyer's own carrier, with a number of ours to tell the carrier's faults from the vendor's:
  // access: { kind: 'carrier', control: { called: '5550100' } },

  numbers: { main: '4001000000' },

  // Agents of the trial. `sip`: accounts that we register and answer; `human`, `browser`, `phone`: somebody or something else answers.
  agents: [
    {
      kind: 'sip',
      name: 'support',
      count: 20,
      skills: ['support'],
      // 1001 … 1020; one variable for all, or { perAccount: env('VENDOR_A_AGENT_{n}') } for one each.
      accounts: { username: '{n}', first: 1001, password: env('VENDOR_A_AGENT_PASSWORD') },
      // registrar: { host: 'reg.vendor-a.example' },
      answerDelay: { uniform: ['1s', '4s'] },
      wrapUp: { exponential: '10s' },
    },
  ],
  // No agent of ours? Then the vendor must show when one is on the line, or queue figures are not measured:
  // signalling: { method: 'UPDATE', header: 'X-Agent' },

  // What the vendor promises, in its own words, and how it counts. Whatever is a veto eliminates it in a comparison.
  claims: {
    concurrentCalls: { atLeast: 2000, counting: 'occupied', words: 'supports 2000 concurrent channels' },
    callsPerSecond: { atLeast: 50 },
    serviceLevel: { atLeast: 0.8, within: '20s' },
    connectRate: { atLeast: 0.95 },
    setupDelay: { percentile: 95, atMost: '3s' },
    failover: { within: '10s', veto: true, words: 'switches over in seconds' },
    scaleUp: { within: '5m' },
    alarm: { within: '5m' },
    repair: { within: '15m' },
    availability: { monthly: 0.9999 },
    mos: { atLeast: 4 },
    oneWayDelay: { atMost: '150ms' },
  },

  // What the vendor has permitted. `callsurge plan --letter` writes the application; nothing outside of this is ever sent.
  contract: {
    targets: ['sip.vendor-a.example'],
    called: ['4001000000'],
    // x is any digit. Enough numbers for all calls that are open at a time: the caller number is how a call is recognised at the agent.
    callers: ['5550xxxx'],
    hours: [{ days: ['tue', 'wed', 'thu'], from: '01:00', to: '05:00' }],
    timezone: 'Asia/Shanghai',
    maxCallsPerSecond: 20,
    maxChannels: 200,
    contact: { name: 'NOC of vendor-a', phone: '4001000001', email: 'noc@vendor-a.example' },
    permission: 'letter of 2026-11-01',
    validUntil: '2026-12-31',
  },
  trial: { type: 'shared', seats: 20 },

  // Our side, where it matters: behind NAT, or where the vendor knows our addresses.
  // local: { addresses: ['192.0.2.10'], sipPort: 5060, rtpPorts: [20000, 29999], external: '198.51.100.7' },

  // How the vendor is scaled and broken, for `surge.scaling` and `surge.faults` by name.
  hooks: {
    scale: {
      'more-channels': {
        http: 'https://api.vendor-a.example/v1/capacity',
        method: 'PUT',
        headers: { authorization: env('VENDOR_A_API_TOKEN') },
        body: { channels: 400 },
        expect: 202,
      },
    },
    faults: {
      'cut-main-trunk': {
        start: { command: ['ssh', 'lab-switch', 'port', 'disable', '7'] },
        end: { command: ['ssh', 'lab-switch', 'port', 'enable', '7'] },
      },
    },
  },
});
