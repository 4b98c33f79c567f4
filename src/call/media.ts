/**
 * A call's media: its offer and answers (RFC 3264), its RTP stream and what it counted. Signalling-only calls have the same face: their SDP is
 * inactive at the discard port, so that nobody sends to nowhere.
 */

import { CallsurgeError } from '../errors.ts';
import {
  agree,
  answerTo,
  estimateQuality,
  type MediaAgreement,
  makeOffer,
  type RtpStream,
  type StreamHandlers,
  ToneListener,
} from '../media/index.ts';
import type { AgentRow, CallRow } from '../record/schema.ts';
import type { Body } from '../sip/stack.ts';
import type { CallServices } from './services.ts';

const SDP = 'application/sdp';
/** Discard, RFC 863. */
const NO_PORT = 9;
/** The end of an RFC 4733 event goes out three times, one packet time apart (2.5.1.4): the key was up two packet times before the last. */
const END_REPEATS = 2;

export class CallMedia {
  /** Told when RTP has stopped, and since when, and of each digit heard. */
  owner: { silent(since: number): void; digit(digit: string): void } | undefined;
  readonly #services: CallServices;
  #handlers: StreamHandlers | undefined;
  #stream: RtpStream | undefined;
  #agreement: MediaAgreement | undefined;
  #offer = '';
  /** Our description as it stands, offer or answer. */
  #said = '';
  /** Our caller has put the other side on hold (RFC 3264 8.4). */
  held = false;
  #version = 0;
  readonly #sessionId: number;

  private constructor(services: CallServices) {
    this.#services = services;
    this.#sessionId = Math.floor(services.clock.now() * 1000) % 2 ** 47;
  }

  /** Signalling only. */
  static off(services: CallServices): CallMedia {
    return new CallMedia(services);
  }

  /** With an RTP/RTCP port pair of its own. @throws CallsurgeError `machine-limit` when none is free. */
  static async open(services: CallServices): Promise<CallMedia> {
    const media = new CallMedia(services);
    media.#handlers = { silent: (since) => media.owner?.silent(since), digit: (digit) => media.owner?.digit(digit) };
    media.#stream = await services.pump!.open(media.#handlers, { silenceLimitMs: services.limits.mediaSilenceMs });
    return media;
  }

  /** Listens for tones from now on, instead of those asked for before; for none: listening costs a filter each. */
  listen(frequencies: readonly number[], heard: (hz: number) => void = () => {}): void {
    if (!this.#handlers) return;
    const listener =
      frequencies.length > 0 ? new ToneListener(({ hz }) => void (hz !== null && heard(hz)), { frequencies: [...frequencies] }) : undefined;
    this.#handlers.audio = listener?.hear;
  }

  /** Nothing can be heard: signalling only. */
  get deaf(): boolean {
    return this.#stream === undefined;
  }

  offer(): Body {
    this.#offer = this.#said = makeOffer({ ...this.#local(), version: ++this.#version });
    return { type: SDP, content: this.#offer };
  }

  /** The offer that holds, or takes up again; it counts once it is accepted. */
  hold(on: boolean): Body {
    this.held = on;
    return this.offer();
  }

  /** What we said last, unchanged, for a session refresh (RFC 4028 7.4). */
  description(): Body | undefined {
    return this.#said === '' ? undefined : { type: SDP, content: this.#said };
  }

  /** Takes the answer to our offer. @returns whether audio was agreed. */
  take(answer: string): boolean {
    const agreement = agree(this.#offer, answer);
    if (agreement) this.#use(agreement);
    return agreement !== undefined;
  }

  /** Answers their offer; a re-INVITE without one gets ours. @returns undefined where no codec is common: 488. */
  reply(offer: string | undefined): Body | undefined {
    if (offer === undefined) return this.offer();
    const reply = answerTo(offer, { ...this.#local(), version: ++this.#version });
    if (!reply) return undefined;
    this.#use(reply.agreement);
    this.#said = reply.answer;
    return { type: SDP, content: reply.answer };
  }

  /** @returns when the last key was released. @throws CallsurgeError `verb-misused` without media or telephone-event. */
  async press(digits: string, durationMs: number): Promise<number> {
    if (!this.#stream)
      throw new CallsurgeError('verb-misused', 'press() in a call without media', {
        todo: "leave out media: 'none', or dial a number without a menu",
      });
    await this.#stream.sendDigits(digits, { durationMs });
    return this.#services.clock.now() - END_REPEATS * (this.#agreement?.ptimeMs ?? 0);
  }

  /** Writes what the stream counted into the caller's row, with the estimated quality of what was heard (G.107 planning model, no delay term). */
  fill(row: CallRow): void {
    row.codec = this.#agreement?.codec ?? null;
    if (!this.#stream) return;
    const heard = this.#stream.received();
    const said = this.#stream.sent();
    row.rtp_sent = said.sent;
    row.rtp_late_ms = said.lateMaxMs;
    row.rtp_received = heard.received;
    if (heard.received === 0) return;
    row.rtp_lost = heard.lost;
    row.rtp_out_of_order = heard.outOfOrder;
    row.rtp_duplicates = heard.duplicates;
    row.rtp_jitter_ms = heard.jitterMs;
    row.rtp_jitter_max_ms = heard.jitterMaxMs;
    row.rtp_gap_ms = heard.gapMs;
    const expected = heard.received + Math.max(0, heard.lost);
    row.mos = estimateQuality({ codec: 'G.711 with PLC', lossPercent: (100 * Math.max(0, heard.lost)) / expected, delayMs: 0 }).mos;
  }

  fillAgent(row: AgentRow): void {
    if (!this.#stream) return;
    const heard = this.#stream.received();
    row.rtp_sent = this.#stream.sent().sent;
    row.rtp_received = heard.received;
    row.rtp_gap_ms = heard.received === 0 ? null : heard.gapMs;
  }

  /** Something has been heard of the other side. */
  get heard(): boolean {
    return (this.#stream?.received().received ?? 0) > 0;
  }

  close(): void {
    this.#stream?.close();
  }

  #local() {
    return {
      host: this.#services.mediaHost,
      port: this.#stream?.localPort ?? NO_PORT,
      sessionId: this.#sessionId,
      direction: this.#stream ? (this.held ? ('sendonly' as const) : ('sendrecv' as const)) : ('inactive' as const),
    };
  }

  #use(agreement: MediaAgreement): void {
    const first = this.#agreement === undefined;
    this.#agreement = agreement;
    this.#stream?.agree(agreement);
    // Media watchdogs end calls that say nothing: send comfort noise always.
    if (first) this.#stream?.play({ kind: 'comfort-noise' });
  }
}
