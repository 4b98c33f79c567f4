/** Puts a stack together: transport, wire, SIP.js's Core and reception. */
import type { TimerHandle } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { Bag } from '../turnover.ts';
import { InviteClient } from './client-invite.ts';
import { referenceClients } from './client-reference.ts';
import { RequestClient } from './client-request.ts';
import { LoadCore } from './core.ts';
import { defaultPort, Locator, nameService } from './dns.ts';
import { Exchange } from './exchange.ts';
import { Ids } from './ids.ts';
import { LocatedCall } from './located-call.ts';
import { hostPortText } from './message/fields.ts';
import { type Identity, OutgoingRequest } from './message/outgoing.ts';
import { contactParam, familyOf, openTransport, viaName } from './open-transport.ts';
import { StackOutgoingCall } from './outgoing-call.ts';
import { ownAddress } from './own-address.ts';
import { Recent } from './recent.ts';
import { Reception } from './reception.ts';
import { StackRegistration } from './registration.ts';
import { ServerMemory } from './server-memory.ts';
import { LEAST_SECONDS } from './session-timer.ts';
import { reply, type Shared } from './shared.ts';
import type { HostPort, NextHop, RequestOptions, SipStack, SipStackOptions, TransactionResult, TransportName } from './stack.ts';
import { sweep } from './sweep.ts';
import { TimerWheel } from './timer-wheel.ts';
import { settleTimers } from './timers.ts';
import { traceReceiving, traceSending } from './trace.ts';
import { transact } from './transact.ts';
import type { SendError, Transport } from './transport.ts';
import { exchangeKey, Wire } from './wire.ts';

/**
 * Opens a SIP stack on one transport: a UDP socket, or the connections of TCP, TLS, WS or WSS. For several see stacks.ts.
 * @param siblings stacks of other transports, which a call may go over instead; this one is added to them
 * @throws CallsurgeError `port-in-use` where port or address cannot be had, `usage` for TLS settings that cannot be used.
 */
export async function createSipStack(options: SipStackOptions, siblings = new Map<TransportName, Shared>()): Promise<SipStack> {
  const { clock, bind } = options;
  const timers = settleTimers(options.timers);
  const wheel = new TimerWheel(clock);
  const ids = new Ids(options.idPrefix);
  const problem = (at: number, what: string) => {
    try {
      options.problem?.(at, what);
    } catch {
      // Nothing thrown by a listener may travel up into a socket's callback.
    }
  };
  let reception: Reception | undefined;
  const lost = (at: number, names: ReadonlySet<string>, error: SendError) => {
    const waiting = wire.lost(names, error);
    for (const held of shared.open.members()) held.connectionLost?.(names);
    const dialogs = shared.core.dialogs.size;
    if (options.connectionLost) shared.tell(() => options.connectionLost?.(at, { message: error.message, waiting, dialogs }));
    else problem(at, `connection lost: ${error.message}; ${waiting} transactions waited on it, ${dialogs} dialogs are open`);
  };
  const received = (bytes: Buffer, at: number, source: HostPort) => reception?.message(bytes, at, source);
  const events = traceReceiving({ message: received, problem, lost }, clock, options);
  const locator = new Locator(clock, options.names ?? nameService(), familyOf(bind.host));
  const socket = await openTransport(options, locator, events);
  const transport = traceSending(socket, clock, options);
  const seenAs = seenAsOf(options, transport.local, ids);
  const advertised = hostPortText(seenAs);
  const wire = new Wire({ transport: () => transport, clock, wheel, timers, problem });
  const identity: Identity = {
    viaHead: `SIP/2.0/${viaName(bind.transport)} `,
    via: `SIP/2.0/${viaName(bind.transport)} ${advertised};branch=`,
    userAgent: `User-Agent: ${options.userAgent}\r\n`,
    branch: () => ids.branch(),
    begin: (request) => {
      request.exchange ??= new Exchange();
      wire.exchanges.set(exchangeKey(request.branch, request.method), request.exchange);
    },
  };
  const shared: Shared = {
    clock,
    ids,
    wheel,
    timers,
    wire,
    local: seenAs,
    problem,
    tell: (what) => {
      try {
        what();
      } catch (thrown) {
        problem(clock.now(), `a callback of the stack threw: ${messageOf(thrown)}`);
      }
    },
    userAgent: options.userAgent,
    sessions: { minS: options.sessionTimer?.minS ?? LEAST_SECONDS, expiresS: options.sessionTimer?.expiresS },
    memory: new ServerMemory(clock, wheel, timers, transport.reliable, (text, to) => wire.putAgain(Buffer.from(text), to)),
    locator,
    siblings,
    core: new LoadCore({
      transport: wire,
      make: (parts) => new OutgoingRequest(identity, parts),
      reply: (request, status, headerLines) => void reply(shared, request, undefined, status, '', { headers: headerLines.map(splitLine) }),
    }),
    clients:
      options.clients === 'sip.js'
        ? referenceClients(() => shared)
        : {
            invite: (request, user, how) => new InviteClient(shared, request, user, how),
            request: (request, user, how) => new RequestClient(shared, request, user, how),
          },
    contact: (user) => `<sip:${user === '' ? '' : `${user}@`}${advertised}${contactParam(bind.transport)}>`,
    make: (parts) => new OutgoingRequest(identity, parts),
    ended: new Recent(clock, timers.timeoutMs),
    acknowledged: new Recent(clock, timers.timeoutMs),
    invited: new Recent(clock, timers.timeoutMs),
    open: new Bag(),
  };
  siblings.set(bind.transport, shared);
  const receiving = new Reception(shared, options);
  reception = receiving;

  return {
    local: { ...transport.local, transport: bind.transport },
    bound: [{ ...transport.local, transport: bind.transport }],
    call: (call, handlers) =>
      call.otherwise || locator.isName(call.nextHop)
        ? new LocatedCall(shared, call, handlers)
        : new StackOutgoingCall(shared, call, handlers),
    send: (request) => sendRequest(shared, request),
    register: (registration, handlers) => new StackRegistration(shared, registration, handlers),
    sweep: (open) => sweep(shared, open),
    keepAlive: (hop, everyMs) => keepAlive(shared, transport, hop, everyMs),
    stats: () => ({
      received: receiving.received,
      sent: wire.sent,
      retransmitted: wire.retransmitted,
      bad: receiving.bad,
      receiveBuffer: transport.receiveBuffer,
      transactions: wire.exchanges.size + shared.core.userAgentServers.size,
      dialogs: shared.core.dialogs.size,
    }),
    async close() {
      reception = undefined;
      wheel.close();
      shared.core.reset();
      await transport.close();
      for (const pending of shared.open.members()) pending.closed();
    },
  };
}

/** What Via and Contact call us. A WebSocket client cannot be connected to, and has no name (RFC 7118 5.2.1). */
function seenAsOf({ advertise, bind: { transport }, listen }: SipStackOptions, local: HostPort, ids: Ids): Shared['local'] {
  if ((transport === 'ws' || transport === 'wss') && !listen && !advertise)
    return { host: `${ids.tag()}.invalid`, port: defaultPort(transport), transport };
  return { host: advertise?.host ?? ownAddress(local.host), port: advertise?.port || local.port, transport };
}

function sendRequest(shared: Shared, options: RequestOptions): Promise<TransactionResult> {
  const fromTag = shared.ids.tag();
  const callId = options.callId ?? shared.ids.callId();
  let cseq = (options.cseq ?? 1) - 1;
  return transact(
    shared,
    (authorizer) =>
      shared.make({
        method: options.method,
        requestUri: options.requestUri,
        fromUri: options.fromUri,
        fromDisplay: '',
        fromTag,
        toUri: options.toUri,
        toDisplay: '',
        toTag: '',
        callId,
        cseq: ++cseq,
        routeSet: options.route ?? [],
        headers: [...(options.headers ?? []), ...authorizer.headers(options.method, options.requestUri, options.body?.content ?? '')],
        body: options.body,
      }),
    options,
  );
}

function keepAlive({ clock }: Shared, transport: Transport, hop: NextHop, everyMs: number): () => void {
  let timer: TimerHandle;
  const next = () => {
    timer = clock.after(everyMs, () => {
      transport.ping(hop);
      next();
    });
  };
  next();
  return () => timer.cancel();
}

function splitLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
