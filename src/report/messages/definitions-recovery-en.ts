import type { RecoveryGlossary } from './definitions-recovery.ts';

export const recoveryDefinitionsEn: RecoveryGlossary = {
  outageCount: [
    'Outages after the fault',
    'Spans of harmed attempts between this fault and the next, those that came when it was taken back among them.',
  ],
  survivorGap: ['Longest silence of surviving calls', 'Longest time without audio of each call that survived the fault.'],
  failback: [
    'When it was taken back',
    'Outages that began within a minute of taking the fault back, and calls in progress lost then: switching back may harm as much as switching over.',
  ],
  registrations: [
    'Agents registered again',
    'From the fault until the last of our agents whose registration was lost was registered again.',
  ],
  queueKept: [
    'Place in the queue kept',
    'Of the callers who waited when the fault struck and later got an agent: those whom nobody of their kind overtook who came after it.',
  ],
  voiceBack: [
    'Voice as good as before',
    'From the fault until calls have the voice quality of before again (no MOS more than 0.2 below the worst tenth of then). For faults that harm without failing calls.',
  ],
  peopleMark: [
    'Said by people',
    'From the fault until a person marked it: alarm, ticket, engineer, workaround, fixed. Who disagrees widens the range.',
  ],
  faultsAllowed: ['Such faults a month', 'How many outages of this length a 30-day month has room for under that promise.'],
  oldPlateau: ['Old plateau', 'Most calls answered at a time before the capacity came.'],
  scaleReached: ['Highest reached', 'Most calls answered at a time after the trigger.'],
  scaleReady: ['Until the vendor reported it', 'From the trigger until the vendor itself said that the capacity was there.'],
  scaleWait: [
    'Wait while scaling',
    'Mean wait for an agent of callers who joined the queue while capacity was on its way; beside it the minute before.',
  ],
  lastRefusal: ['Last refusal', 'From the trigger until the last call that was refused for capacity.'],
  newSeat: ['First call of a new seat', 'From the trigger until a call was offered to an agent never seen before.'],
  redirects: ['Redirects followed', 'Answers 3xx that calls followed to another address, by the scenario’s wish.'],
  sessionsExpired: [
    'Sessions expired',
    'Answered calls that ended because the session timer that both sides had agreed on was not refreshed in time. They count as dropped.',
  ],
  refersRefused: [
    'Transfers asked of us and refused',
    'REFERs of the vendor that our side did not take: the scenario follows none, or the target is outside the contract.',
  ],
  transfersFailed: ['Transfers of ours that failed', 'REFERs that we sent and that were refused, or whose target did not answer.'],
  connectionsLost: [
    'Connections lost',
    'TCP, TLS and WebSocket connections that broke while calls or requests were on them. The next message opens a new one; the value beside it is the longest time until a call was answered again.',
  ],
};
