/** A capacity search in words and figures, one language at a time: for the terminal, and for the page that shows both. */
import type { LimitKind, PlayedTrial, SearchRecord, SearchResult, SearchVerdict } from '../analysis/search-result.ts';
import type { Sought } from '../analysis/trial.ts';
import { count, duration, percent } from './format.ts';
import type { MessageKey } from './messages/en.ts';
import { type Language, labelled, say, sentences } from './messages/say.ts';

const KIND_NAME: Record<LimitKind, MessageKey> = {
  'configured limit': 'search.kind-configured',
  degrades: 'search.kind-degrades',
  'not reached': 'search.kind-not-reached',
  'harness limit': 'search.kind-harness',
  inconclusive: 'search.kind-inconclusive',
};
const KIND_TEXT: Record<LimitKind, MessageKey> = {
  'configured limit': 'search.kind-configured-text',
  degrades: 'search.kind-degrades-text',
  'not reached': 'search.kind-not-reached-text',
  'harness limit': 'search.kind-harness-text',
  inconclusive: 'search.kind-inconclusive-text',
};
const CAP: Record<SearchResult['maxBy'], MessageKey> = {
  'contract.maxChannels': 'search.cap-channels',
  'contract.maxCallsPerSecond': 'search.cap-rate',
  '--max': 'search.cap-asked',
};
const END: Record<Exclude<SearchResult['end'], 'found' | null>, MessageKey> = {
  trials: 'search.end-trials',
  signal: 'search.end-signal',
  'stop-when': 'search.end-stop-when',
  contract: 'search.end-contract',
  error: 'search.end-error',
};
const WHY: Record<SearchVerdict['why'], MessageKey> = {
  carried: 'search.why-carried',
  'fails-below': 'search.why-fails-below',
  'nothing-passed': 'search.why-nothing-passed',
  between: 'search.why-between',
  cap: 'search.why-cap',
  ceiling: 'search.why-ceiling',
  early: 'search.why-early',
  counting: 'search.why-counting',
  loss: 'search.why-loss',
  unclear: 'search.why-unclear',
};
const TRIAL: Record<PlayedTrial['why'], MessageKey> = {
  carried: 'search.trial-carried',
  lost: 'search.trial-lost',
  'not-together': 'search.trial-not-together',
  'harness-failed': 'search.trial-harness-failed',
  'not-offered': 'search.trial-not-offered',
  unhealthy: 'search.trial-unhealthy',
  bunched: 'search.trial-bunched',
};
const VERDICT: Record<PlayedTrial['verdict'], MessageKey> = {
  good: 'search.good',
  bad: 'search.bad',
  unfit: 'search.unfit',
  unclear: 'search.unclear',
};

export const loadText = (language: Language, sought: Sought, load: number): string =>
  say(language, sought === 'rate' ? 'search.per-second' : 'search.calls', { load: count(load) });

export function headline(language: Language, { sought, lower, upper, upperIs, undecided }: SearchResult): string {
  const of = (load: number) => loadText(language, sought, load);
  if (upper === null)
    return lower === 0 ? say(language, 'search.headline-unknown') : say(language, 'search.headline-open', { lower: of(lower) });
  if (upperIs === 'unclear' || upperIs === 'harness')
    return lower === 0
      ? say(language, 'search.headline-undecided', { between: of(upper) })
      : say(language, 'search.headline-at-least', { lower: of(lower), upper: of(upper) });
  if (lower === 0) return say(language, 'search.headline-nothing', { upper: of(upper) });
  const found = say(language, 'search.headline-found', { lower: of(lower), upper: of(upper) });
  if (!undecided) return found;
  const { from, to } = undecided;
  const between = from === to ? of(from) : say(language, 'search.from-to', { from: count(from), to: of(to) });
  return `${found}${language === 'zh-CN' ? '；' : '; '}${say(language, 'search.headline-undecided', { between })}`;
}

export const kindName = (language: Language, kind: LimitKind): string => say(language, KIND_NAME[kind]);
export const kindText = (language: Language, kind: LimitKind, maxBy: SearchResult['maxBy']): string =>
  say(language, KIND_TEXT[kind], { cap: say(language, CAP[maxBy]) });

export function ceilingText(language: Language, { ceiling }: SearchResult): string {
  if (!ceiling) return say(language, 'not-measured');
  return ceiling.atLeast ? say(language, 'search.at-least', { load: count(ceiling.load) }) : count(ceiling.load);
}

/** What the reader must know before believing the bounds; empty where all is well. */
export function cautions(language: Language, { result, trials }: SearchRecord): string[] {
  const { end, endWhy, valid, ceiling, confirmed, kind } = result;
  const told = trials.some(({ against }) => against === 'vendor');
  return [
    ...(end === null ? [say(language, 'search.end-open')] : end === 'found' ? [] : [say(language, END[end], { why: endWhy ?? '' })]),
    ...(valid || !told ? [] : [`${say(language, 'search.invalid')}: ${invalidText(language, ceiling, kind)}`]),
    ...(confirmed || !told ? [] : [say(language, 'search.unconfirmed')]),
  ];
}

function invalidText(language: Language, ceiling: SearchResult['ceiling'], kind: LimitKind | null): string {
  if (kind === 'harness limit' || kind === 'inconclusive') return say(language, KIND_TEXT[kind]);
  return say(language, ceiling ? 'search.invalid-ceiling' : 'search.invalid-unmeasured');
}

export function verdictText(language: Language, { result, verdict }: SearchRecord): string | null {
  return verdict && say(language, WHY[verdict.why], { epsilon: percent(result.epsilon) });
}

export const trialWhy = (language: Language, { why, figures }: PlayedTrial): string =>
  say(language, TRIAL[why], { commonest: figures.commonest ?? '' });
export const trialVerdict = (language: Language, { verdict }: PlayedTrial): string => say(language, VERDICT[verdict]);
export const againstText = (language: Language, { against }: PlayedTrial): string =>
  say(language, against === 'baseline' ? 'search.own' : 'search.vendor');

/** One line as soon as a trial is over. */
export function trialLine(language: Language, sought: Sought, trial: PlayedTrial): string {
  const { number, load, lengthMs, figures } = trial;
  const parts = [
    String(number).padStart(3),
    againstText(language, trial),
    loadText(language, sought, load),
    duration(lengthMs),
    labelled(language, trialVerdict(language, trial), trialWhy(language, trial)),
    `${say(language, 'search.col-answered')} ${figures.answered}/${figures.attempts}`,
    `${say(language, 'search.col-peak')} ${figures.peakAnswered}`,
    ...(figures.srdP95Ms === null ? [] : [`SRD p95 ${duration(figures.srdP95Ms)}`]),
  ];
  return parts.join('  ').replaceAll('\u00a0', ' ');
}

/** The result, for the terminal. */
export function searchLines(language: Language, record: SearchRecord): string[] {
  const { result, verdict, promise } = record;
  const kind = result.kind ? [labelled(language, kindName(language, result.kind), kindText(language, result.kind, result.maxBy))] : [];
  const claim =
    promise && verdict
      ? [
          `${say(language, 'search.promised', { promised: loadText(language, result.sought, promise.atLeast) })} ${sentences(language, say(language, `state.${verdict.state}`), verdictText(language, record))}`,
        ]
      : [];
  return [
    '',
    labelled(language, record.vendor.title ?? record.vendor.name, headline(language, result)),
    ...kind,
    labelled(language, say(language, 'search.ceiling'), ceilingText(language, result)),
    ...cautions(language, record),
    ...claim,
  ].map((line) => line.replaceAll('\u00a0', ' '));
}
