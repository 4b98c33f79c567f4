import type { QueueGlossary } from './definitions-queue.ts';

export const queueDefinitionsEn: QueueGlossary = {
  fifoInversions: [
    'Passed over inside one priority',
    'Share of the queued callers who were overtaken: a caller of the same queue and priority, who had entered later, had a turn while they still waited. A turn is the first offer to an agent where agents are ours, else the agent on the line. Entries or turns within 50 ms have no order, nor have those that fall in seconds in which our own instrument was unwell.',
  ],
  fifoSameSite: [
    'Passed over inside one site',
    'The same among callers whom one node answered. Where this is far below the line above, the sites have queues of their own, and who came first depends on the site that a call fell on.',
  ],
  priorityInversions: [
    'VIPs passed over',
    'Share of the queued callers of a higher priority who were overtaken by a caller of a lower one who had entered the same queue later.',
  ],
  misrouted: [
    'Misrouted',
    'Share of the callers with an agent whose agent lacks the skill that they asked for. Judged only where the intent is the name of a skill of ours. Who was queued for another skill stands in no order of service, and counts in no idle time.',
  ],
  ghostOffers: ['Ghost offers', 'Offers to agents for which no caller of ours was alive.'],
  lingeringOffers: ['Offers that outlive their caller', 'Agents’ phones that still rang more than 1 s after the caller had gone.'],
  duplicateOffers: [
    'Duplicate offers',
    'Offers to a second agent while another rang or talked for the same caller. Where ringing all agents at once is the policy, this is its measure.',
  ],
  idleWhileWaiting: [
    'Agents idle while callers waited',
    'Time in which an agent sat idle although a caller waited whom it could serve. Both count only 1 s after they began to, so that handing over is not held against the vendor; a caller for whom an agent rings does not count, nor do seconds in which our own instrument was unwell.',
  ],
  longestIdle: [
    'Offers to the longest idle agent',
    'Share of the offers that went to the agent who had been idle longest, or within 1 s of it, among those of the same skills.',
  ],
  idleDeviation: [
    'Longest-idle deviation',
    'How much longer another agent of the same skills had been idle than the agent chosen, per offer.',
  ],
  callsPerAgent: ['Calls per agent', 'Calls answered by each agent that was offered any.'],
  callBacksMade: ['Call-backs made', 'Callers whom the vendor called back, of those who hung up to be called back.'],
  callBacksAnswered: ['Call-backs answered', 'Of the call-backs made, those that the caller took before the vendor gave up.'],
  callBacksMatched: [
    'Call-backs to the right number',
    'Of the vendor’s calls to numbers of ours that are no agent’s, those that a caller waited for at that number. The others went to a wrong number, came too late, or came twice.',
  ],
  callBackTime: ['Time to call back', 'From the caller’s hanging up to the vendor’s call.'],
  waitProbability: [
    'P(wait)',
    'Share of the callers who had to wait. Measured: offered to the agent who took them, or left without one, more than 1 s after entering the queue, so that handing over and ringing are no wait.',
  ],
  meanWait: ['Mean wait, all', 'Mean time in the queue of everybody, whether they got an agent or gave up.'],
  patienceMean: [
    'Mean patience',
    'Total time spent waiting, by everybody, over the number of those who gave up: the maximum-likelihood mean of an exponential patience, of which the answered show only a part.',
  ],
  erlangC: ['Erlang C', 'What to expect where callers wait for ever. No steady state where there is more work than agents.'],
  erlangA: ['Erlang A', 'What to expect where each caller gives up after an exponential patience (M/M/n+M).'],
  agentsNeeded: [
    'Agents needed',
    'Fewest agents with which Erlang A reaches the level of the claim (80 % without one) at the busiest stretch.',
  ],
  reconciled: [
    'Reconciliation',
    'The vendor’s record beside ours, matched by Call-ID, or by caller number and time after the difference of the clocks is taken off. The same formulas over both. Imported afterwards, it changes no row of ours.',
  ],
  outcomeDiffers: [
    'Outcome differs',
    'Matched calls whose outcome the vendor states otherwise: answered by an agent, gave up, blocked, other.',
  ],
  waitDiffers: ['Wait differs by', 'The vendor’s wait minus ours, of calls that both say an agent answered.'],
  talkDiffers: ['Talk time differs by', 'The vendor’s time with the agent minus ours, of the same calls.'],
  billed: ['Billed minutes', 'Each call’s time rounded up by the vendor’s rule, summed.'],
  recordings: ['Recordings present', 'Calls of ours with an agent for which the vendor’s record names a recording.'],
};
