/**
 * The edge: one UDP port through which all of the vendor's signalling passes, a small proxy (RFC 3261 16) that stays on the route of every
 * dialog. It is the registrar, refuses what is too much, sends each new call to the site that the call centre names and to the next one when
 * that site is silent. The sites are SIP stacks of their own behind it, each on a port of its own.
 *
 *   from        message                                 what is done
 *   outside     INVITE, new                             digest where asked; `arrived`: the call centre places or refuses it
 *               INVITE, again                           our own final response again, or on to the site again
 *               CANCEL                                  on to the site that has the call; where none has: 200, and 487 to the INVITE
 *               ACK of a failure                        on to that site, or the end of our own refusal
 *               in a dialog                             on along its route to the site
 *               REGISTER · OPTIONS · other              registrar · 200 · 405
 *   a site      anything                                on along its route, to its Request-URI or its next Via; 100 ends here (16.7)
 *
 * Because all of a site's traffic passes here, a site can be dead or stand still: a stopped site's port is closed and nothing passes; for a
 * frozen one what comes in is held, as a socket's buffer does while its owner does not run, and nothing goes out.
 *
 * Refusals are stateless (8.2.7): the same answer for each copy of a request, and its ACK is swallowed.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:dgram';
import type { Clock } from '../../clock.ts';
import { hostPortText, parseNameAddr, parseSipUri, parseVia, uint } from '../../sip/message/fields.ts';
import { IncomingRequest, type IncomingResponse, readMessage, responseTarget } from '../../sip/message/incoming.ts';
import { responseText } from '../../sip/message/response.ts';
import type { HeaderList, HostPort } from '../../sip/stack.ts';
import type { SiteState } from '../core/sites.ts';
import { bindUdp } from './bind-udp.ts';
import { InviteMemory, type InviteTransaction } from './invite-memory.ts';
import { Prober } from './prober.ts';
import type { Reply } from './registrar.ts';
import { ackFor, EDGE_CALL, forwardedRequest, forwardedResponse } from './relay-text.ts';

/** About what a 4 MiB socket buffer holds. */
const MOST_HELD = 2000;

/** A site as the edge knows it. */
export interface Gate {
  readonly name: string;
  address: HostPort;
  state: SiteState;
  held: { text: string; transaction?: InviteTransaction }[];
}

export interface EdgeHandlers {
  /** A new call. */
  arrived(transaction: InviteTransaction): void;
  /** CANCEL before any site had taken the call; it has been answered. */
  cancelled(transaction: InviteTransaction): void;
  register(request: IncomingRequest): Reply;
  /** May this caller call? Undefined: yes. */
  challenge(request: IncomingRequest): Reply | undefined;
}

export class EdgeProxy {
  readonly local: HostPort;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #handlers: EdgeHandlers;
  readonly #gates: Gate[] = [];
  readonly #invites: InviteMemory;
  readonly #prober: Prober;
  #count = 0;
  /** Datagrams that were no SIP. */
  bad = 0;

  private constructor(clock: Clock, socket: Socket, handlers: EdgeHandlers) {
    this.#clock = clock;
    this.#socket = socket;
    this.#handlers = handlers;
    const { address, port } = socket.address();
    this.local = { host: address, port };
    this.#invites = new InviteMemory(clock.now());
    this.#prober = new Prober(clock);
    socket.on('message', (bytes, from) => this.#receive(bytes, { host: from.address, port: from.port }));
  }

  /** @throws CallsurgeError `port-in-use`, or `option-invalid` for an address that is not ours. */
  static async open(clock: Clock, at: HostPort, handlers: EdgeHandlers): Promise<EdgeProxy> {
    return new EdgeProxy(clock, await bindUdp(at), handlers);
  }

  addGate(name: string, address: HostPort): Gate {
    const gate: Gate = { name, address, state: 'up', held: [] };
    this.#gates.push(gate);
    return gate;
  }

  /** Sends (or, after a silent site, sends again) the INVITE to that site. `label` is its X-Edge-Call there. */
  place(transaction: InviteTransaction, gate: Gate, attempt: number, label: string): void {
    if (attempt === 1) this.#reply(transaction.request, 100);
    transaction.gate = gate;
    transaction.attempt = attempt;
    transaction.label = label;
    this.#toSite(transaction, transaction.request, transaction.text);
  }

  /** The edge's own final answer to a call. */
  refuse(transaction: InviteTransaction, status: number, headers: HeaderList = []): void {
    transaction.reply = this.#reply(transaction.request, status, headers);
  }

  /** One OPTIONS, never repeated. `answered` is told once. */
  probe(gate: Gate, timeoutMs: number, answered: (yes: boolean) => void): void {
    this.#pass(gate, this.#prober.next(this.local, gate.address, timeoutMs, answered));
  }

  /**
   * Lets in what a frozen site has missed, in order: also INVITEs that went to another site meanwhile, which it cannot know, but not those of
   * calls that are over.
   */
  release(gate: Gate): void {
    for (const { text, transaction } of gate.held.splice(0)) if (!transaction?.over) this.#send(text, gate.address);
  }

  close(): Promise<void> {
    this.#prober.close();
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(bytes: Buffer, source: HostPort): void {
    const from = this.#gateAt(source);
    if (from && from.state !== 'up') return;
    const message = readMessage(bytes, this.#clock.now(), source);
    if (message === undefined) return;
    if (typeof message === 'string') {
      this.bad++;
      return;
    }
    const text = bytes.toString('latin1');
    if (!(message instanceof IncomingRequest)) this.#response(message, text, from);
    else if (from) this.#along(message, text);
    else this.#request(message, text);
  }

  #request(request: IncomingRequest, text: string): void {
    const transaction = this.#invites.find(request.viaBranch);
    if (request.method === 'ACK') {
      if (!transaction) this.#along(request, text);
      else if (!transaction.reply) this.#toSite(transaction, request, text);
    } else if (request.toTag !== '') this.#along(request, text);
    else if (request.method === 'INVITE') this.#invite(request, text, transaction);
    else if (request.method === 'CANCEL') this.#cancel(request, text, transaction);
    else if (request.method === 'REGISTER') {
      const { status, headers } = this.#handlers.register(request);
      this.#reply(request, status, headers);
    } else if (request.method === 'OPTIONS') this.#reply(request, 200, [['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE']]);
    else this.#reply(request, 405, [['Allow', 'INVITE, ACK, CANCEL, OPTIONS, REGISTER']]);
  }

  #invite(request: IncomingRequest, text: string, known: InviteTransaction | undefined): void {
    if (known?.reply) {
      const { host, port } = known.request.replyTo;
      this.#socket.send(known.reply, port, host);
      return;
    }
    if (known) {
      this.#toSite(known, request, text);
      return;
    }
    const challenge = this.#handlers.challenge(request);
    if (challenge) {
      this.#reply(request, challenge.status, challenge.headers);
      return;
    }
    const transaction = this.#invites.add(++this.#count, request, text);
    this.#handlers.arrived(transaction);
  }

  #cancel(request: IncomingRequest, text: string, transaction: InviteTransaction | undefined): void {
    if (!transaction) this.#reply(request, 481);
    else if (transaction.taken) this.#toSite(transaction, request, text);
    else {
      this.#reply(request, 200);
      if (transaction.reply) return;
      this.refuse(transaction, 487);
      this.#handlers.cancelled(transaction);
    }
  }

  /** Along the route of its dialog, or to its Request-URI. */
  #along(request: IncomingRequest, text: string): void {
    const routes = request.headers('route');
    if (routes.length > 0 && this.#isHere(parseNameAddr(routes[0]!)?.uri ?? '')) routes.shift();
    const next = parseSipUri(routes.length > 0 ? (parseNameAddr(routes[0]!)?.uri ?? '') : request.uri);
    if (!next || this.#isHere(request.uri)) {
      if (request.method !== 'ACK') this.#reply(request, next ? 481 : 400);
      return;
    }
    const cookieless = request.via.params.match(/branch=(?:z9hG4bK)?([^;,\s]+)/i)?.[1] ?? String(++this.#count);
    const recordRoute = request.method === 'INVITE' && request.toTag === '';
    const forwarded = this.#forwarded(request, text, request.uri, `z9hG4bKs-${cookieless}`, routes, recordRoute);
    if (forwarded) this.#deliver(forwarded, { host: next.host, port: next.port ?? 5060 });
  }

  /** To the site that the transaction was placed at, always under the same branch. */
  #toSite(transaction: InviteTransaction, request: IncomingRequest, text: string): void {
    const gate = transaction.gate;
    if (!gate) return;
    const user = parseSipUri(request.uri)?.user ?? '';
    const branch = `z9hG4bKe${transaction.id}-${transaction.attempt}`;
    const isInvite = request.method === 'INVITE';
    const extra = isInvite ? [`${EDGE_CALL}: ${transaction.label}`] : undefined;
    const forwarded = this.#forwarded(request, text, `sip:${user}@${hostPortText(gate.address)}`, branch, [], isInvite, extra);
    if (forwarded) this.#pass(gate, forwarded, transaction);
  }

  #forwarded(
    request: IncomingRequest,
    text: string,
    requestUri: string,
    branch: string,
    routes: string[],
    recordRoute: boolean,
    extra?: string[],
  ): string | undefined {
    const maxForwards = uint(request.header('max-forwards') ?? '70', 255) ?? 70;
    if (maxForwards === 0) {
      if (request.method !== 'ACK') this.#reply(request, 483);
      return undefined;
    }
    const here = hostPortText(this.local);
    return forwardedRequest(text, request.method, {
      requestUri,
      via: `SIP/2.0/UDP ${here};branch=${branch}`,
      vias: request.headers('via'),
      routes,
      recordRoute: recordRoute ? `<sip:${here};lr>` : undefined,
      maxForwards: maxForwards - 1,
      extra,
    });
  }

  #response(response: IncomingResponse, text: string, from: Gate | undefined): void {
    const branch = /branch=([^;,\s]+)/i.exec(response.via.params)?.[1] ?? '';
    if (from && this.#prober.response(branch)) return;
    if (response.via.port !== this.local.port || (from && response.status === 100)) return;
    const vias = response.headers('via');
    const next = vias[1] === undefined ? undefined : parseVia(vias[1]);
    const forwarded = forwardedResponse(text, vias);
    if (!next || !forwarded) return;
    if (from && response.cseqMethod === 'INVITE' && response.status >= 300) {
      const key = `${/branch=([^;,\s]+)/i.exec(next.params)?.[1] ?? ''}|${next.host}:${next.port ?? 5060}`;
      const transaction = this.#invites.find(key);
      // A site that refuses what is with another site by now.
      if (transaction && branch !== `z9hG4bKe${transaction.id}-${transaction.attempt}`) {
        this.#send(ackFor(response, `sip:${hostPortText(from.address)}`), from.address);
        return;
      }
    }
    this.#deliver(forwarded, responseTarget(next));
  }

  #reply(request: IncomingRequest, status: number, headers?: HeaderList): string {
    const text = responseText(request, status, { toTag: `edge-${shortHash(request.viaBranch)}`, userAgent: 'vendor-sim/edge', headers });
    this.#socket.send(text, request.replyTo.port, request.replyTo.host);
    return text;
  }

  #deliver(text: string, to: HostPort): void {
    const gate = this.#gateAt(to);
    if (gate) this.#pass(gate, text);
    else this.#send(text, to);
  }

  /** Into a site, if it is there to take it. */
  #pass(gate: Gate, text: string, transaction?: InviteTransaction): void {
    if (gate.state === 'up') this.#send(text, gate.address);
    else if (gate.state === 'frozen' && gate.held.length < MOST_HELD) gate.held.push({ text, transaction });
  }

  #send(text: string, to: HostPort): void {
    this.#socket.send(Buffer.from(text, 'latin1'), to.port, to.host);
  }

  #gateAt(address: HostPort): Gate | undefined {
    for (const gate of this.#gates) if (gate.address.port === address.port && gate.address.host === address.host) return gate;
    return undefined;
  }

  #isHere(uri: string): boolean {
    const parsed = parseSipUri(uri);
    return parsed !== undefined && (parsed.port ?? 5060) === this.local.port && parsed.host === this.local.host;
  }
}

const shortHash = (text: string) => createHash('sha1').update(text).digest('hex').slice(0, 12);
