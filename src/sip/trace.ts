/** Shows every message as it passes the socket, both ways: as text (`trace`), or as bytes with both its times (`tap`). Costs nothing where nobody looks. */
import type { Clock } from '../clock.ts';
import type { HostPort, SipStackOptions, TracedMessage } from './stack.ts';
import type { Transport, TransportEvents } from './transport.ts';

export type Watch = Pick<SipStackOptions, 'trace' | 'tap'>;

/** Shown before it goes out: the time is that of handing it to the socket. */
export function traceSending(transport: Transport, clock: Clock, { trace, tap }: Watch): Transport {
  if (!trace && !tap) return transport;
  return {
    name: transport.name,
    reliable: transport.reliable,
    local: transport.local,
    receiveBuffer: transport.receiveBuffer,
    send(bytes, to, failed) {
      const at = clock.now();
      if (trace) show(trace, { at, sent: true, remote: to, text: bytes.toString('utf8') });
      const packet = tap?.packet(true, bytes, to, at);
      transport.send(bytes, to, failed);
      if (packet) packet.handledMs = clock.now();
    },
    ping: (to) => transport.ping(to),
    close: () => transport.close(),
  };
}

export function traceReceiving(events: TransportEvents, clock: Clock, { trace, tap }: Watch): TransportEvents {
  if (!trace && !tap) return events;
  return {
    problem: events.problem,
    lost: events.lost,
    message(bytes: Buffer, at: number, source: HostPort) {
      if (trace) show(trace, { at, sent: false, remote: source, text: bytes.toString('utf8') });
      const packet = tap?.packet(false, bytes, source, at);
      events.message(bytes, at, source);
      if (packet) packet.handledMs = clock.now();
    },
  };
}

/** A listener that throws must not end the socket. */
function show(trace: (message: TracedMessage) => void, message: TracedMessage): void {
  try {
    trace(message);
  } catch {
    // The trace is for looking; the call goes on.
  }
}
