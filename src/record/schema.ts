/**
 * What happened, as rows: the columns of every file of a run folder, their types, units and sources. This is the journal while a run goes on,
 * the deliverable after it and the only input of every report, so a column is added here and nowhere else.
 *
 * Times (`ms`) are milliseconds since the Unix epoch with three decimals, all on one clock (clock.ts). An empty cell is null: it did not happen,
 * or was not observed.
 */

export type ColumnType = 'text' | 'number' | 'ms' | 'bool' | 'json';

export interface Column {
  readonly type: ColumnType;
  readonly about: string;
}

type Columns = Readonly<Record<string, Column>>;
type CellOf<T extends ColumnType> = T extends 'text' ? string : T extends 'bool' ? boolean : T extends 'json' ? unknown : number;
export type RowOf<C extends Columns> = { -readonly [K in keyof C]: CellOf<C[K]['type']> | null };

const text = (about: string) => ({ type: 'text', about }) as const;
const number = (about: string) => ({ type: 'number', about }) as const;
const ms = (about: string) => ({ type: 'ms', about }) as const;
const bool = (about: string) => ({ type: 'bool', about }) as const;
const json = (about: string) => ({ type: 'json', about }) as const;

/** Exactly one per call (metrics.md; docs/metrics.md explains each). */
export const OUTCOMES = ['completed', 'abandoned', 'blocked', 'rejected', 'timeout', 'dropped', 'cut', 'diverted', 'harness'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const BLAMES = ['harness', 'network', 'carrier', 'vendor', 'undetermined'] as const;
export type Blame = (typeof BLAMES)[number];

/** How we know that an agent was on the line, best evidence first. */
export const CORRELATION_METHODS = ['both-legs', 'in-band', 'heard', 'signalling', 'vendor-record', 'none'] as const;
export type CorrelationMethod = (typeof CORRELATION_METHODS)[number];

/** One row per session attempt of a caller, written when the call is over. */
export const CALL_COLUMNS = {
  call: text('our name of the call, unique in the run: worker-number'),
  started: text('intended start, ISO 8601 UTC, for people'),
  scenario: text('scenario of the options that made the call'),
  exec: text('exported function that ran'),
  worker: number('worker thread'),
  vu: number('virtual user'),
  iteration: number('iteration in the scenario, counted over all workers from 0'),
  trunk: text('trunk of the vendor profile'),
  remote: text('host:port the INVITE went to'),
  called: text('number dialled'),
  caller: text('caller number presented'),
  intent: text('what the caller wants: menu path or skill, from the scenario'),
  vip: bool('presented as a VIP'),
  priority: number('priority asked for, higher is served first'),
  redial_of: text('call that this one is a redial of'),
  try: number('1 for the first try, 2 for the first redial …'),
  wants_agent: bool('the scenario asks for an agent'),
  sip_call_id: text('Call-ID header'),
  intended_ms: ms('when the schedule wanted the call'),
  dialled_ms: ms('when the scenario called dial()'),
  invite_ms: ms('first INVITE on the wire'),
  trying_ms: ms('100 received'),
  provisional_ms: ms('first provisional other than 100 (RFC 6076 4.3 SRD ends here)'),
  ringing_ms: ms('first 180, 181 or 182'),
  early_media_ms: ms('first 18x with SDP'),
  answer_ms: ms('200 to the INVITE'),
  queue_ms: ms('queue entry: last digit of the menu, or the answer where there is no menu'),
  agent_ms: ms('agent on the line'),
  agent_end_ms: ms('agent seen to hang up'),
  cancel_ms: ms('CANCEL sent'),
  bye_sent_ms: ms('BYE sent by us'),
  bye_received_ms: ms('BYE received'),
  bye_answered_ms: ms('2xx to our BYE (RFC 6076 4.4 SDD ends here)'),
  end_ms: ms('nothing of the call is left: final response, BYE answered, or given up'),
  patience_ms: number('patience drawn for this caller, ms from queue entry'),
  talk_ms: number('talk time drawn for this caller, ms'),
  status: number('final SIP status of the INVITE'),
  reason: text('reason phrase of the final status'),
  q850: number('Q.850 cause of a Reason header (RFC 3326)'),
  retry_after_s: number('Retry-After of the final response'),
  challenges: number('401/407 answered'),
  invite_retransmissions: number('INVITE sent again (Timer A)'),
  bye_retransmissions: number('BYE sent again (Timer E)'),
  surplus_answers: number('2xx with another To-tag: ACKed, BYEd, counted'),
  early_dialogs: number('different To-tags in 18x: branches of a fork'),
  reliable_provisionals: number('18x acknowledged by PRACK (RFC 3262)'),
  session_expires_s: number('session interval settled with the answer (RFC 4028), s'),
  redirects: number('3xx followed'),
  diverted_to: text('first Contact of a 3xx'),
  diversion: text('Diversion of a response (RFC 5806)'),
  end_reason: text('Reason of the BYE or final response as it came (RFC 3326)'),
  holds: number('times the caller put the call on hold'),
  transfer_to: text('Refer-To of our REFER'),
  transfer_status: number('what became of it: status of the REFER, or of its last NOTIFY'),
  referred_to: text('Refer-To of a REFER received'),
  refer_status: number('what we answered to it'),
  transfer_of: text('call whose REFER led to this one'),
  ended_by: text('caller, vendor, agent or harness'),
  outcome: text(`one of ${OUTCOMES.join(', ')}`),
  blame: text(`whose failure it was: ${BLAMES.join(', ')}; empty where nothing failed`),
  blame_why: text('the evidence for the blame'),
  correlation: text(`how the agent was seen: ${CORRELATION_METHODS.join(', ')}`),
  agent: text('agent that answered'),
  site: text('node that answered, as the vendor shows it (Server, Contact)'),
  heard: text('announcements recognised, in order'),
  digits_sent: text('DTMF sent'),
  digits_received: text('DTMF heard'),
  codec: text('codec agreed'),
  rtp_sent: number('RTP packets sent'),
  rtp_received: number('RTP packets received'),
  rtp_lost: number('expected − received (RFC 3550 A.3)'),
  rtp_out_of_order: number('arrived after a later one'),
  rtp_duplicates: number('arrived twice'),
  rtp_jitter_ms: number('interarrival jitter at the end (RFC 3550 6.4.1, A.8)'),
  rtp_jitter_max_ms: number('largest interarrival jitter'),
  rtp_gap_ms: number('longest time without a packet while packets were due'),
  rtp_late_ms: number('our own worst lateness in sending a packet of this call'),
  mos: number('estimated MOS (G.107 planning model)'),
  error: text('error that ended the script, if one did'),
  tags: json('tags of the scenario and the call'),
} as const satisfies Columns;
export type CallRow = RowOf<typeof CALL_COLUMNS>;

/** One row per call offered to an agent of ours. */
export const AGENT_COLUMNS = {
  agent: text('agent of the vendor profile'),
  worker: number('worker thread'),
  skills: text('skills, separated by +'),
  sip_call_id: text('Call-ID of the agent leg'),
  caller: text('caller number shown to the agent'),
  call: text('caller leg that it was matched to'),
  correlation: text('how it was matched'),
  offered_ms: ms('INVITE received'),
  ringing_ms: ms('180 sent'),
  answer_ms: ms('200 sent'),
  ack_ms: ms('ACK received'),
  end_ms: ms('BYE, CANCEL, or our rejection'),
  ready_ms: ms('wrap-up over: ready for the next call'),
  outcome: text('answered, missed (offer withdrawn while ringing), rejected, failed'),
  ended_by: text('agent, vendor or harness'),
  q850: number('Q.850 cause of the BYE or CANCEL'),
  diversion: text('Diversion of the INVITE (RFC 5806)'),
  rtp_sent: number('RTP packets sent'),
  rtp_received: number('RTP packets received'),
  rtp_gap_ms: number('longest time without a packet'),
  tags: json('tags'),
} as const satisfies Columns;
export type AgentRow = RowOf<typeof AGENT_COLUMNS>;

/** One row per second, and per worker for what a worker knows of itself (`worker` empty: the whole run). */
export const TIMELINE_COLUMNS = {
  t_ms: ms('start of the second'),
  worker: number('worker thread; empty for the main thread'),
  started: number('calls started in this second'),
  open: number('calls open at its end'),
  vus: number('VUs running an iteration at its end'),
  vus_max: number('VUs made'),
  dropped: number('iterations dropped in it'),
  agents_registered: number('agents registered at its end'),
  lag_p99_ms: number('schedule lag, p99 of the starts in this second'),
  lag_max_ms: number('schedule lag, worst'),
  loop_p99_ms: number('event-loop delay, p99'),
  gc_ms: number('time in garbage collection'),
  cpu: number('CPU of this thread, 0…1 of one core'),
  rtp_late_p99_ms: number('RTP send lateness, p99'),
  socket_drops: number('datagrams the kernel dropped at our receive buffers in this second'),
  ports_free: number('RTP ports free'),
  healthy: bool('all of these within their limits: only then does the second support a verdict'),
  unhealthy: text('what was not'),
} as const satisfies Columns;
export type TimelineRow = RowOf<typeof TIMELINE_COLUMNS>;

export const EVENT_KINDS = [
  'run',
  'phase',
  'worker',
  'registration',
  'fault',
  'scale',
  'probe',
  'alarm',
  'mark',
  'threshold',
  'abort',
  'drain',
  'call-back',
  'warning',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/**
 * What `action` says, by kind, and what `t_ms`, `name` and `value` then mean. Analysis finds faults, scaling and probes by these words alone.
 *
 * | kind | action | meaning |
 * | --- | --- | --- |
 * | run | start, load, end | the run begins; load begins (setup() is over); no new arrivals and all calls over |
 * | fault | start | the injector was asked, at `t_ms` |
 * | fault | started | it took effect at `t_ms` (t0 of every failover figure); `value` = ms from asking to effect |
 * | fault | failed | it did not take effect; `detail.message` says why. The fault did not happen |
 * | fault | end, ended, end-failed | the same for taking the fault back |
 * | scale | trigger | the vendor's API was asked for capacity |
 * | scale | accepted | it said yes at `t_ms` (t0 of every elasticity figure) |
 * | scale | failed | it refused or could not be reached; `detail.message` says why |
 * | scale | ready | the vendor says that the capacity is there |
 * | probe | answered, lost | one OPTIONS, never retransmitted; `name` = trunk, `t_ms` = when it was SENT, `value` = ms to its answer |
 * | alarm | received | the vendor's alarm reached us; `name` = fault, where the alarm tells |
 * | mark | fault, alarm, ticket, engineer, workaround, fixed | somebody says so, `by` buyer or vendor; `value` = ± ms; `name` = fault, where told |
 * | drain | start, end | no new calls; every call is over |
 * | call-back | asked | a caller of ours hangs up to be called back; `name` = its call |
 * | call-back | offered, answered, ended, missed, rejected, failed, none | the vendor calls it back, or does not; `value` = ms since its end |
 * | call-back | unmatched | the vendor calls a number of ours that nobody waits at; `name` empty |
 */
export const EVENT_ACTIONS = {
  run: ['start', 'load', 'end'],
  fault: ['start', 'started', 'failed', 'end', 'ended', 'end-failed'],
  scale: ['trigger', 'accepted', 'failed', 'ready'],
  probe: ['answered', 'lost'],
  alarm: ['received'],
  mark: ['fault', 'alarm', 'ticket', 'engineer', 'workaround', 'fixed'],
  drain: ['start', 'end'],
} as const satisfies Partial<Record<EventKind, readonly string[]>>;

/** What happened to the run: faults, scaling, marks, alarms, probes, phases. */
export const EVENT_COLUMNS = {
  t_ms: ms('when it happened'),
  kind: text(`one of ${EVENT_KINDS.join(', ')}`),
  name: text('which one: name of the fault, phase, threshold …'),
  action: text('start, started, failed, end, ended, answered, lost …'),
  target: text('what it was done to'),
  by: text('harness, buyer or vendor'),
  value: number('a figure of it: ms of a probe, status of a request'),
  detail: json('the rest'),
} as const satisfies Columns;
export type EventRow = RowOf<typeof EVENT_COLUMNS>;

/** Samples of k6-like metrics: custom ones, checks, iterations, dropped iterations. */
export const SAMPLE_COLUMNS = {
  t_ms: ms('when it was added'),
  metric: text('name'),
  type: text('counter, gauge, rate or trend'),
  value: number('what was added'),
  tags: json('tags, scenario among them'),
} as const satisfies Columns;
export type SampleRow = RowOf<typeof SAMPLE_COLUMNS>;

/**
 * What is open at the vendor. `open` rows say how to end the call, `close` rows that nothing is left. A call with an `open` row and no
 * `close` row is what `callsurge sweep` ends: BYE where `remote_tag` is known, else CANCEL with the INVITE's branch.
 */
export const OPEN_COLUMNS = {
  t_ms: ms('when'),
  op: text('open, or close'),
  call: text('our name of the call; agent legs too'),
  party: text('caller, or agent'),
  answered: bool('the leg has been answered: a later `open` row of the same leg says so'),
  worker: number('worker thread'),
  sip_call_id: text('Call-ID'),
  local_uri: text('our From or To URI'),
  local_tag: text('our tag'),
  remote_uri: text('their URI'),
  remote_tag: text('their tag, once there is a dialog'),
  remote_target: text('Request-URI of a BYE: their Contact'),
  route_set: json('Record-Route as we use it, nearest first'),
  local_cseq: number('last CSeq we used'),
  branch: text('branch of the INVITE, for a CANCEL'),
  request_uri: text('Request-URI of the INVITE, for a CANCEL'),
  transport: text('udp, tcp …'),
  local: text('our host:port'),
  remote: text('next hop host:port'),
} as const satisfies Columns;
export type OpenRow = RowOf<typeof OPEN_COLUMNS>;

/** The same as SIP needs it: all that ends a dialog, or an INVITE not yet answered, from another process. */
export interface OpenDialog {
  sipCallId: string;
  localUri: string;
  localTag: string;
  remoteUri: string;
  remoteTag: string | null;
  remoteTarget: string | null;
  /** Record-Route as we use it, nearest first. */
  routeSet: string[];
  localCseq: number;
  branch: string | null;
  requestUri: string;
  transport: string;
  local: { host: string; port: number };
  remote: { host: string; port: number };
}

/**
 * The signalling of some calls, one row per message in the order of the socket: calls that did not complete, and a seeded sample of those that did
 * (engine/trace-keeper.ts). Credentials are taken out; all else is as it passed the socket.
 */
export const TRACE_COLUMNS = {
  call: text('our name of the call; agent legs too'),
  party: text('caller, or agent'),
  worker: number('worker thread'),
  sip_call_id: text('Call-ID'),
  n: number('1 for the first message kept of this call'),
  skipped: number('messages left out right before this one: a call keeps its first and its last ones'),
  sent: bool('sent by us; else received'),
  remote: text('host:port of the other side'),
  socket_ms: ms('received: the socket handed it over; sent: it was handed to the socket'),
  handled_ms: ms('received: all that it set off was done; sent: the socket had taken it'),
  bytes: number('length, bytes; longer ones than 8192 are cut in `message`'),
  message: text('the message; answers to challenges and keys are replaced by [redacted]'),
} as const satisfies Columns;
export type TraceRow = RowOf<typeof TRACE_COLUMNS>;

/**
 * One row per thing that `callsurge probe` did, in a file per day (UTC). Rows of one round have the same `t_ms`: a vendor of two trunks is up if one
 * answers. What is not here was not observed.
 */
export const PROBE_COLUMNS = {
  t_ms: ms('round: when it began, by the wall clock'),
  time: text('the same, ISO 8601 UTC, for people'),
  kind: text('options, call, closed (the contract allows no load at this hour), start, stop (of the prober)'),
  trunk: text('trunk of the vendor profile'),
  result: text('up, down, or unknown (we could not tell: our own network, a refusal that may be our fault)'),
  status: number('final SIP status'),
  answer_ms: number('ms from OPTIONS to its answer, or from INVITE to the 200'),
  why: text('what went wrong'),
} as const satisfies Columns;
export type ProbeRow = RowOf<typeof PROBE_COLUMNS>;

/** The CSV files of a run folder. */
export const TABLES = {
  calls: { file: 'calls.csv', columns: CALL_COLUMNS },
  agents: { file: 'agents.csv', columns: AGENT_COLUMNS },
  timeline: { file: 'timeline.csv', columns: TIMELINE_COLUMNS },
  events: { file: 'events.csv', columns: EVENT_COLUMNS },
  samples: { file: 'samples.csv', columns: SAMPLE_COLUMNS },
  open: { file: 'open.csv', columns: OPEN_COLUMNS },
  trace: { file: 'trace.csv', columns: TRACE_COLUMNS },
} as const;
export type TableName = keyof typeof TABLES;
export interface RowTypes {
  calls: CallRow;
  agents: AgentRow;
  timeline: TimelineRow;
  events: EventRow;
  samples: SampleRow;
  open: OpenRow;
  trace: TraceRow;
}

/** Rows without a cell, to be copied: one allocation a row. Adding up to eighty columns one by one costs ten times its memory. JSON makes lasting shapes. */
const EMPTY = JSON.parse(
  JSON.stringify(
    Object.fromEntries(
      Object.entries(TABLES).map(([table, { columns }]) => [table, Object.fromEntries(Object.keys(columns).map((name) => [name, null]))]),
    ),
  ),
) as RowTypes;

/** A row of that table with every cell null but the given ones. */
export function rowOf<T extends TableName>(table: T, cells: Partial<RowTypes[T]>): RowTypes[T] {
  return Object.assign({ ...EMPTY[table] }, cells);
}

/** Where rows go. Only the main thread writes files; a worker's sink sends batches to it. */
export interface RowSink {
  write<T extends TableName>(table: T, row: RowTypes[T]): void;
}

/** `run.json`: what the rows cannot say. Written at the start (without `end`) and again at the end. Never holds a secret. */
export interface RunMeta {
  format: 1;
  run: string;
  callsurge: string;
  node: string;
  machine: { cpus: number; model: string; memoryMb: number; platform: string };
  scenario: { file: string; sha256: string; title: string };
  /** The vendor profile as validated; secrets stand as `{ env: NAME }`. */
  vendor: unknown;
  /** k6 options and surge options as they were run, after precedence. */
  options: unknown;
  surge: unknown;
  /** The plan's figures as `callsurge plan` prints them. */
  plan: unknown;
  seed: number;
  workers: number;
  startMs: number;
  /** When the load began: end of setup(). Arrivals' intended times count from here. */
  loadStartMs: number | null;
  end: null | {
    endMs: number;
    /** finished, drained by a signal, aborted by a threshold or a rule, or failed. */
    how: 'finished' | 'signal' | 'aborted' | 'failed';
    why: string | null;
    exitCode: number;
  };
}

/** What a vendor's own record may say became of a call. */
export const VENDOR_CLASSES = ['answered', 'abandoned', 'blocked', 'other'] as const;
export type VendorClass = (typeof VENDOR_CLASSES)[number];

/** One call of a vendor's queue or CDR report, imported: the vendor's word, by the vendor's clock. Null: the report does not tell. */
export interface VendorCall {
  /** Row of the file as a spreadsheet counts, the header being row 1. */
  row: number;
  sipCallId: string;
  caller: string;
  startMs: number | null;
  /** 200 OK, not the agent. */
  answerMs: number | null;
  queueMs: number | null;
  agentMs: number | null;
  endMs: number | null;
  waitMs: number | null;
  talkMs: number | null;
  /** As the vendor bills it. */
  billedS: number | null;
  agent: string | null;
  recording: boolean | null;
  outcome: VendorClass;
}
