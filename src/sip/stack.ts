/**
 * What the rest of callsurge knows of SIP. Nothing outside src/sip sees SIP.js: a stack sends and receives whole messages, hides transactions,
 * retransmission, authentication and dialogs behind these few interfaces, and reports every fact with the time at which it happened.
 *
 * Promises: nothing that arrives from the network throws; every outgoing call ends in exactly one of `answered`+`ended` or `failed`; all times
 * are `Clock` times (ms) taken where the datagram was handed over, not where a callback happened to run.
 */
import type { Clock } from '../clock.ts';
import type { OpenDialog } from '../record/schema.ts';
import type { AddressSwitch } from './address-switch.ts';
import type { NameService } from './dns.ts';
import type { TlsSide } from './links.ts';

export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

export interface HostPort {
  host: string;
  port: number;
}

export interface NextHop extends HostPort {
  transport: TransportName;
  /** The port was not given: SRV records decide, where the host has some (RFC 3263). */
  srv?: boolean;
  /** What the host's certificate must say, if not its name. */
  name?: string;
}

export interface Credentials {
  username: string;
  password: string;
}

export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface Body {
  type: string;
  content: string;
}

/** A received message as plain data. Header names are case-insensitive; compact forms are expanded. */
export interface SipMessage {
  readonly callId: string;
  readonly cseq: number;
  readonly cseqMethod: string;
  readonly fromUri: string;
  readonly fromDisplay: string;
  readonly fromTag: string;
  readonly toUri: string;
  readonly toTag: string;
  readonly contact: string | undefined;
  readonly body: string;
  readonly bodyType: string | undefined;
  header(name: string): string | undefined;
  headers(name: string): string[];
  /** When it was received. */
  readonly at: number;
  readonly source: HostPort;
}

export interface SipRequest extends SipMessage {
  readonly method: string;
  readonly uri: string;
}

export interface SipResponse extends SipMessage {
  readonly status: number;
  readonly reason: string;
}

/** Why a transaction of ours did not succeed. */
export type SipFailure =
  | { kind: 'response'; at: number; response: SipResponse }
  /** B and F: RFC 3261 17.1; provisional: none within `provisionalLimitMs`. */
  | { kind: 'timeout'; at: number; timer: 'B' | 'F' | 'provisional' }
  /** `local`: our own socket refused (harness); else the network or peer did (ICMP, connection reset). `maybeOurs`: a name, an authority or a certificate that we may have wrong. */
  | { kind: 'transport'; at: number; message: string; local: boolean; maybeOurs?: boolean };

export type TransactionResult =
  | { kind: 'response'; at: number; response: SipResponse; sentAt: number; retransmissions: number }
  | (Exclude<SipFailure, { kind: 'response' }> & { sentAt: number; retransmissions: number });

/** What open.csv is given of a dialog, or of an INVITE not yet answered. */
export interface DialogSnapshot extends OpenDialog {
  transport: TransportName;
}

/** An answer to an offer inside a dialog (re-INVITE, UPDATE): SDP, or a refusal. */
export type OfferReply = { status: 200; body: Body | undefined } | { status: number; reason?: string };

/** Callbacks about a dialog, whichever side made it. Optional ones have the stack's default: 200 to OPTIONS and INFO, 501 to the unknown. */
export interface DialogHandlers {
  /** re-INVITE or UPDATE with an offer, or a re-INVITE without (then: our offer). */
  offer?(request: SipRequest): OfferReply;
  /** Their answer to an offer of ours that they had asked for: in the ACK to a 2xx, or in a PRACK. */
  answer?(message: SipMessage): void;
  /** Our session description as it stands, unchanged: for a session refresh by re-INVITE (RFC 4028 7.4). Absent: refreshed by UPDATE alone. */
  description?(): Body | undefined;
  /** The session timer ran out, or its refresh failed (RFC 4028 10): the stack has sent BYE with that reason. `ended` is not called. */
  expired?(at: number, why: string): void;
  /** Any other request in the dialog (INFO, NOTIFY, REFER, MESSAGE); returns the status to answer with. Default: REFER 603, the rest 200. */
  request?(request: SipRequest): number;
  /** The other side sent BYE (already answered 200). Called at most once, never after our own `bye`. */
  ended(request: SipRequest): void;
}

export interface SipDialog {
  readonly sipCallId: string;
  /** The session timer that holds now (RFC 4028). */
  readonly sessionTimer: { intervalS: number; weRefresh: boolean } | undefined;
  snapshot(): DialogSnapshot;
  /** Ends the dialog. Resolves with what came of it (Timer F at the latest); never rejects. */
  bye(headers?: HeaderList): Promise<TransactionResult>;
  /** Any other request in the dialog (INFO, UPDATE, MESSAGE …). Never rejects. */
  send(method: string, options?: { headers?: HeaderList; body?: Body }): Promise<TransactionResult>;
  /** re-INVITE with our offer; the ACK is sent. Retries once after 491 (RFC 3261 14.1) and 422 (RFC 4028 7.3). Never rejects. */
  reinvite(body: Body, headers?: HeaderList): Promise<TransactionResult>;
  /** Puts one BYE on the wire and forgets the dialog: for a second Ctrl-C. */
  byeUnawaited(): void;
}

/** One way for a call to go. */
export interface OutgoingWay {
  requestUri: string;
  fromUri: string;
  toUri: string;
  /** Where the INVITE goes, whatever the Request-URI says. */
  nextHop: NextHop;
  credentials?: Credentials;
  /** Preloaded Route (RFC 3261 8.1.1.1): an outbound proxy that wants to see itself named. */
  route?: readonly string[];
}

export interface OutgoingCallOptions extends OutgoingWay {
  fromDisplay?: string;
  /** Tried in turn where the first way does not answer, cannot be reached or says 503. */
  otherwise?: readonly OutgoingWay[];
  /** Not even a 100 within this: the next host or way, where there is one. Default: as late as `provisionalLimitMs` or Timer B. */
  failoverMs?: number;
  callId?: string;
  headers?: HeaderList;
  /** Our offer. Absent: late offer, theirs comes in the 200 or a reliable 18x (see `lateOffer`). */
  body?: Body;
  credentials?: Credentials;
  /** Reliable provisional responses (RFC 3262): demanded, or only offered. Default offered. */
  reliable?: 'required' | 'supported' | 'none';
  /** Asks for a session timer (RFC 4028). A 422 is followed to the interval that it names, whether asked for or not. */
  sessionTimer?: { expiresS: number; refresher?: 'uac' | 'uas' };
  /** Give up (CANCEL, outcome timeout) when no provisional, not even 100, came within this. Default: Timer B only. */
  provisionalLimitMs?: number;
}

export interface OutgoingCallHandlers extends DialogHandlers {
  /** Each time the INVITE goes out: first, after a challenge (`cseq` rises) and as a retransmission. */
  sent?(at: number, what: { cseq: number; retransmission: boolean }): void;
  /** Only where the next hop is a name or there are other ways: before each try, which way it is (0: the first) and the address. */
  way?(index: number, to: NextHop): void;
  /** 1xx, 100 too. */
  provisional?(response: SipResponse): void;
  /** First 2xx; the ACK has been sent. */
  answered(response: SipResponse, dialog: SipDialog): void;
  /** Final failure; the ACK has been sent. After `cancel()` the 487 arrives here. */
  failed(failure: SipFailure): void;
  /** To an INVITE without SDP: our answer to the offer that came in a reliable 18x or the 200; it goes into the PRACK or the ACK. */
  lateOffer?(offer: SipResponse): Body | undefined;
  /**
   * A 3xx (RFC 3261 8.1.3.4): asked for each contact, best first, until one is allowed; the INVITE goes there with CSeq + 1. Absent, or none
   * allowed: `failed` with the 3xx.
   */
  redirected?(response: SipResponse, uri: string): NextHop | undefined;
  /** A further 2xx with another To-tag: the stack ACKs and BYEs it. */
  surplus?(response: SipResponse): void;
}

export interface OutgoingCall {
  readonly sipCallId: string;
  /** Challenges (401/407) answered so far. */
  readonly challenges: number;
  /** Times an INVITE was sent again by Timer A. */
  readonly retransmissions: number;
  readonly dialog: SipDialog | undefined;
  snapshot(): DialogSnapshot;
  /**
   * Asks to end the call before it is answered. Waits for a provisional before CANCEL goes out (RFC 3261 9.1). If a 200 wins the race,
   * `answered` is called and the caller of this must `bye`. `failed` reports the end otherwise.
   */
  cancel(headers?: HeaderList): void;
  /** One CANCEL (or BYE where there is a dialog) on the wire at once, unawaited. */
  abandonUnawaited(): void;
}

export interface IncomingCallHandlers extends DialogHandlers {
  /** CANCEL before our final answer: 487 has been sent. */
  cancelled(request: SipRequest): void;
  /** ACK to our 2xx. */
  acknowledged?(request: SipRequest): void;
  /** No ACK ever came (Timer H): the stack has sent BYE. */
  unacknowledged?(): void;
}

/** An INVITE that came to us. Answer it once; until then the stack has said 100. */
export interface IncomingCall {
  readonly request: SipRequest;
  /** Set before the event loop turns. */
  handlers: IncomingCallHandlers | undefined;
  snapshot(): DialogSnapshot;
  ring(headers?: HeaderList): void;
  /** 183, with SDP or without. */
  progress(body: Body | undefined, headers?: HeaderList): void;
  /**
   * From here on 18x are sent reliably (RFC 3262 3) if the caller can: repeated until their PRACK, one at a time. Always so where it demands it.
   * The 200 waits for the PRACK of an 18x with SDP.
   */
  reliable(): void;
  /** 200. The dialog can send BYE at once. */
  accept(body: Body | undefined, headers?: HeaderList): SipDialog;
  reject(status: number, options?: { reason?: string; headers?: HeaderList }): void;
}

/** A request outside dialogs that came to us (OPTIONS, REGISTER …). Answer once. */
export interface IncomingRequest {
  readonly request: SipRequest;
  respond(status: number, options?: { reason?: string; headers?: HeaderList; body?: Body }): void;
}

export interface RequestOptions {
  method: string;
  requestUri: string;
  fromUri: string;
  toUri: string;
  nextHop: NextHop;
  callId?: string;
  /** Preloaded Route: see OutgoingWay. */
  route?: readonly string[];
  /** First CSeq; counts up over challenges. */
  cseq?: number;
  headers?: HeaderList;
  body?: Body;
  credentials?: Credentials;
  /** false: sent once, for probes whose loss must show. Default true. */
  retransmit?: boolean;
  /** Give up after this instead of Timer F (32 s). */
  timeoutMs?: number;
}

export interface RegistrationOptions {
  /** `sip:1001@vendor` */
  aor: string;
  registrar: NextHop;
  /** Preloaded Route: see OutgoingWay. */
  route?: readonly string[];
  credentials?: Credentials;
  expiresS: number;
  /** User part of the Contact; default: that of the AOR. */
  contactUser?: string;
}

export interface RegistrationHandlers {
  registered(at: number, expiresS: number): void;
  /** A refresh failed, or the registrar refuses; tried again with back-off until `stop`. */
  lost(at: number, failure: SipFailure): void;
}

export interface Registration {
  readonly registered: boolean;
  /** Removes the binding (Expires: 0). Resolves when answered or given up; never rejects. */
  stop(): Promise<void>;
}

/** Counters since the start; `bad` are messages that could not be read. */
export interface SipStackStats {
  received: number;
  sent: number;
  retransmitted: number;
  bad: number;
  /** Bytes of the kernel's receive buffer as read back. */
  receiveBuffer: number;
  /** Client and server transactions, and dialogs, now held. */
  transactions: number;
  dialogs: number;
}

export interface SipStackOptions {
  clock: Clock;
  /** Port 0: any free one. */
  bind: HostPort & { transport: TransportName };
  /** What Via and Contact say instead of the bound address: behind NAT, or bound to 0.0.0.0. Port 0: the bound one. */
  advertise?: HostPort;
  userAgent: string;
  /** Our side of TLS: what we trust and who we are. */
  tls?: TlsSide;
  /** TCP, TLS, WS, WSS: take connections at `bind`. Default: TCP yes, TLS where there is a certificate to show, WebSocket no. */
  listen?: boolean;
  /** Path of the vendor's WebSocket. Default `/`. */
  wsPath?: string;
  /** Streams: CRLF CRLF (RFC 5626 3.5.1) on a connection that has been quiet for about so long; 0: never. Default 30 s. */
  keepAliveMs?: number;
  /** Who answers for host names. Default: the system's name servers. */
  names?: NameService;
  /** While it says that our address is gone, nothing is sent and nothing heard. */
  address?: AddressSwitch;
  /** Asked of the kernel; see `stats().receiveBuffer`. Default 4 MiB. */
  receiveBufferBytes?: number;
  /** Other timers than RFC 3261's, ms. Shared by all stacks of a process, as SIP.js's are: for tests. */
  timers?: { t1?: number; t2?: number; timeoutMs?: number; secondMs?: number };
  /** As callee (RFC 4028 9): the shortest session interval accepted (default 90 s), and what is asked for where the caller does not (default none). */
  sessionTimer?: { minS?: number; expiresS?: number };
  /** Whose client transactions: ours, or SIP.js's own, for comparison (the tests run on either). Default ours. */
  clients?: 'ours' | 'sip.js';
  /** Starts Call-IDs, tags and branches, so that two stacks never share any. */
  idPrefix: string;
  /** An INVITE outside dialogs. Absent: 480. */
  call?(call: IncomingCall): void;
  /** Any other request outside dialogs. Absent: 200 to OPTIONS, 405 to the rest. */
  request?(request: IncomingRequest): void;
  /** Something arrived or failed that belongs to no call: unreadable bytes, ICMP errors. Never throws upwards. */
  problem?(at: number, what: string): void;
  /** A connection is gone: how many transactions waited on it (they have failed), and how many dialogs the stack holds (they go on). */
  connectionLost?(at: number, what: { message: string; waiting: number; dialogs: number }): void;
  /** Every message as it passes the socket. Leave unset where nobody looks: it costs. */
  trace?(message: TracedMessage): void;
  /** Sees the bytes of every message and both its times, at little cost (call-traces.ts). */
  tap?: WireTap;
}

export interface WireTap {
  /**
   * Called when the message passes the socket, before anything else sees it (`socketMs`, Clock). The bytes must not be changed.
   * @returns where the stack then notes when it was done with it; undefined where nobody wants to know.
   */
  packet(sent: boolean, bytes: Buffer, remote: HostPort, socketMs: number): { handledMs: number } | undefined;
}

export interface TracedMessage {
  at: number;
  sent: boolean;
  remote: HostPort;
  text: string;
}

export interface SipStack {
  /** Where it listens: the bound address with the real port; of several transports the first. */
  readonly local: HostPort & { transport: TransportName };
  /** All of them. */
  readonly bound: readonly (HostPort & { transport: TransportName })[];
  call(options: OutgoingCallOptions, handlers: OutgoingCallHandlers): OutgoingCall;
  /** A request outside dialogs (OPTIONS, MESSAGE …), challenges answered. Never rejects. */
  send(options: RequestOptions): Promise<TransactionResult>;
  register(options: RegistrationOptions, handlers: RegistrationHandlers): Registration;
  /** CRLF CRLF to that hop every so often, to keep a NAT's mapping (RFC 5626 3.5.1). @returns a function that ends it. */
  keepAlive(hop: NextHop, everyMs: number): () => void;
  /** Ends what another process left open: BYE where there is a remote tag, else CANCEL. Never rejects. */
  sweep(open: DialogSnapshot): Promise<TransactionResult>;
  stats(): SipStackStats;
  /** Closes the socket. Calls still open end with a transport failure; nothing is sent. */
  close(): Promise<void>;
}
