/**
 * The embedded vendor with agents that are nobody of ours (kind `human`): its own people, behind its own doors. We see what callers see, and what the
 * vendor tells: here a SIP INFO with the header X-Agent when somebody picks up (method `signalling`). Where a vendor tells nothing, waits for an agent
 * are *not measured*, or come from its own report afterwards (`callsurge reconcile`).
 */
import { defineVendor } from 'callsurge';

const PEOPLE = 24;

export default defineVendor({
  name: 'embedded-humans',
  title: 'Embedded vendor, people of its own',
  trunks: [{ name: 'edge', host: '127.0.0.1', port: 5070 }],
  numbers: { main: '4001000000' },
  // How many there are is what the vendor says; the plan and the model beside the measurement rest on it.
  agents: [{ kind: 'human', name: 'people', count: PEOPLE, skills: ['support'], wrapUp: '500ms' }],
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
  trial: { type: 'dedicated', seats: PEOPLE },
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
    ownAgents: [{ count: PEOPLE, skill: 'support', answerMs: { uniform: [300, 1200] }, handlingMs: 'until-caller', wrapUpMs: 500 }],
    signalAgent: 'INFO',
  },
});
