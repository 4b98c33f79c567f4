/**
 * docs/metrics.md, made from the definitions that the report prints, so that the two cannot say different things. The prose around the tables
 * stands here. `node test/report/metrics-doc.ts` writes the file; messages.test.ts holds it against this.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFINITION_IDS, type DefinitionId } from '../../src/report/messages/definitions.ts';
import { definition } from '../../src/report/messages/say.ts';

const INTRO = `# What each figure means

One call is one **session attempt** of one caller, however many INVITEs it takes. Every figure is worked out from the calls' own timestamps, as they stand in
\`calls.csv\` and its neighbours, never from counters kept beside them: \`callsurge report DIR\` rebuilds every report from the run folder alone.

Four rules hold everywhere:

- **Not measured is not zero.** A figure without evidence says so, in every report and language. A threshold without a sample fails.
- **A ratio comes with its sample and its 95 % Wilson interval**; a duration with its distribution; an outage with the resolution it was seen at.
- **Calls that we cut, and calls that failed by our own fault, are in no ratio.** Both are shown. More than 0.1 % of the latter, and the run supports no verdict.
- **A second in which the instrument was unhealthy is no evidence against a vendor.** Such seconds are shaded in every chart.

## The way of a call

\`\`\`
scheduled → setup → ringing | early → ivr | queued → talking → releasing → ended
\`\`\`

| state | from | to |
| --- | --- | --- |
| setup | first INVITE on the wire | first provisional other than 100, or the final response |
| ringing, early | 18x without SDP, with SDP | final response |
| ivr | 200, where there is a menu | last digit of the menu |
| queued | last digit of the menu, or the 200 where there is none; never for a call that was blocked ("all lines are busy") | agent on the line, or the end |
| talking | agent on the line | BYE |
| releasing | BYE | its final response, or Timer F |

How we know that an agent is on the line decides what can be said of the queue. Best evidence first: **both legs** are ours and matched by a number unique
to the call; a **marker in the audio** that each side hears; an **announcement heard**; the vendor's **signalling**; **the vendor's own record**, printed as
its word; **none**, and then waits, service level and connect rate are not measured. Each call's row names its method, the report their shares.
`;

const GROUPS: [title: string, prose: string, ids: DefinitionId[]][] = [
  [
    'Outcomes: exactly one per call',
    'Shares in the outcome table are of all attempts. The ratios further down leave out what we cut and what we broke.',
    ['attempts', 'completed', 'abandoned', 'blocked', 'rejected', 'timeout', 'dropped', 'cut', 'diverted', 'harness', 'blame'],
  ],
  [
    'Concurrency: five ways of counting',
    '"2000 concurrent" can mean any of these. A claim names its counting; the report shows all five beside it. Peaks are exact: found from the calls\' events, not from samples.',
    ['occupied', 'answered', 'queued', 'talking', 'legs'],
  ],
  [
    'Arrivals',
    'The load is an open model: a slow vendor does not slow the arrivals. Planned, intended and achieved are drawn apart, so a generator that falls behind is seen.',
    ['planned', 'intended', 'achieved', 'perSecondPeak', 'droppedIterations'],
  ],
  [
    'Line',
    'Session metrics of RFC 6076 and ratios of ITU-T E.425. 401, 402 and 407 answered by credentials are no failures. An attempt that is never answered counts as 408.',
    [
      'srd',
      'srdFailed',
      'srdFromIntended',
      'pdd',
      'sdd',
      'sdt',
      'ser',
      'seer',
      'isa',
      'scr',
      'asr',
      'ner',
      'firstTry',
      'eventual',
      'redirects',
      'sessionsExpired',
      'refersRefused',
      'transfersFailed',
      'connectionsLost',
    ],
  ],
  [
    'Queue',
    'An: answered by an agent. Ab: gave up in the queue. T: threshold, 20 s unless the claim names another. Short: 5 s. Blocked calls never entered the queue and are in none of the formulas.\n\nCheck: An 1000, Ab 60, An≤T 860, Ab≤T 20, Ab>T 40, Ab≤short 10 give 81.13 %, 83.02 %, 86.00 %, 82.69 % and 82.08 %.',
    [
      'serviceLevel',
      'serviceLevel2',
      'serviceLevel3',
      'serviceLevel4',
      'serviceLevel5',
      'asa',
      'waitAnswered',
      'waitAbandoned',
      'longestWait',
      'queueLength',
      'abandonment',
      'connectRate',
      'survival',
      'correlation',
      'fifoInversions',
      'fifoSameSite',
      'priorityInversions',
      'misrouted',
      'callBacksMade',
      'callBacksAnswered',
      'callBacksMatched',
      'callBackTime',
    ],
  ],
  [
    'Agents',
    'What our own agents saw of it.',
    [
      'agentOffers',
      'agentAnswered',
      'agentMissed',
      'agentRejected',
      'occupancy',
      'ghostOffers',
      'lingeringOffers',
      'duplicateOffers',
      'idleWhileWaiting',
      'longestIdle',
      'idleDeviation',
      'callsPerAgent',
    ],
  ],
  [
    'Model',
    "Theory for the run's own load, beside the measurement: arrivals λ and patience from the callers, handling time and number from the agents. λ = 100 in 30 min, AHT 180 s, patience 300 s give, with 12 agents, P(wait) 0.4494, 40.44 s and 64.02 % in 20 s by Erlang C; P(wait) 0.3318, abandonment 4.271 %, 12.81 s and occupancy 79.77 % by Erlang A. Once for one queue over all skills, and once for each skill alone with the agents who can do it; agents of several skills are shared out by the work of each. `plan` expects the same before the run, and what redials add: with F(λ) the share of calls refused or abandoned, p the share who call again and r calls at most, the load is `λ' = λ · Σ (p·F(λ'))^i, i < r`.",
    ['waitProbability', 'meanWait', 'patienceMean', 'erlangC', 'erlangA', 'agentsNeeded'],
  ],
  [
    "The vendor's own record",
    "Imported afterwards by `callsurge reconcile`; printed as the vendor's word.",
    ['reconciled', 'outcomeDiffers', 'waitDiffers', 'talkDiffers', 'billed', 'recordings'],
  ],
  [
    'Faults',
    'First try and eventual stand apart because retransmissions (0.5, 1.5, 3.5 s … over UDP) can bridge an outage that callers nevertheless felt. An outage is stated as a time ± the gap between the attempts or probes that bound it.',
    [
      'faultStart',
      'outageFirstTry',
      'outageEventual',
      'resolution',
      'recovery90',
      'recovery99',
      'fullRecovery',
      'inProgress',
      'outageCount',
      'survivorGap',
      'failback',
      'registrations',
      'queueKept',
      'voiceBack',
      'detection',
      'peopleMark',
      'availabilityEquivalent',
      'faultsAllowed',
    ],
  ],
  [
    'Scaling',
    'Time runs from the trigger, not from when the vendor says that it began.',
    [
      'trigger',
      'oldPlateau',
      'scaleReached',
      'firstExtra',
      'scaleUp',
      'blockedWhile',
      'droppedWhile',
      'lastRefusal',
      'scaleReady',
      'scaleWait',
      'newSeat',
    ],
  ],
  [
    'Voice',
    'MOS is an estimate of a planning model, printed with codec, Ie and Bpl; delay is left out. Check, G.711 with concealment at 0, 1, 3 and 5 % loss: 4.41, 4.33, 4.13, 3.92.',
    ['loss', 'jitter', 'gap', 'mos', 'oneWay'],
  ],
  [
    "The instrument's own health",
    'Measured every second on every thread, kept in timeline.csv.',
    ['lag', 'loop', 'rtpLate', 'socketDrops', 'harnessShare', 'unhealthy'],
  ],
  ['Statistics and verdicts', '', ['wilson', 'percentile', 'verdict']],
];

const AFTER = `
| verdict | when |
| --- | --- |
| pass | the whole interval keeps the promise |
| fail | the whole interval misses it |
| not proven | the promise lies within the interval, or a month's promise was watched for less than a month |
| not measured | this run did not test it: no agent seen, no fault, load below the promise, above the cap of the test contract |
| not valid | the instrument was the limit |

A veto claim that is not a pass eliminates the vendor in a comparison. In \`junit.xml\` a failed claim or threshold is a failure, an invalid run an error, and a
claim that was not decided is skipped, unless it is a veto: then it is a failure until it passes.
`;

export function metricsDoc(): string {
  const listed = GROUPS.flatMap(([, , ids]) => ids);
  const missing = DEFINITION_IDS.filter((id) => !listed.includes(id));
  if (missing.length > 0) throw new RangeError(`no group holds ${missing.join(', ')}`);
  const groups = GROUPS.map(([title, prose, ids]) => `\n## ${title}\n\n${prose ? `${prose}\n\n` : ''}${tableOf(ids)}`);
  return `${INTRO}${groups.join('')}${AFTER}`;
}

function tableOf(ids: readonly DefinitionId[]): string {
  const rows = ids.map((id) => {
    const { name, text, formula, source } = definition('en', id);
    const known = source.startsWith('docs/') ? '' : source;
    return `| **${cell(name)}** ${cell(definition('zh-CN', id).name)} | ${cell(text)} | ${formula ? `\`${cell(formula)}\`` : ''} | ${cell(known)} |`;
  });
  return `| figure | what it is | formula | source |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

const cell = (text: string) => text.replaceAll('|', '\\|');

if (process.argv[1] === import.meta.filename) writeFileSync(join(import.meta.dirname, '../../docs/metrics.md'), metricsDoc());
