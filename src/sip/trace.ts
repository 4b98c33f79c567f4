/** Shows every message as it passes the socket, both ways. Costs nothing where nobody looks. */
import type { Clock } from '../clock.ts';
import type { HostPort, TracedMessage } from './stack.ts';
import type { Transport, TransportEvents } from './transport.ts';

export type Trace = (message: TracedMessage) => void;

/** Shown before it goes out: the time is that of handing it to the socket. */
export function traceSending(transport: Transport, clock: Clock, trace: Trace | undefined): Transport {
  if (!trace) return transport;
  return {
    name: transport.name,
    local: transport.local,
    receiveBuffer: transport.receiveBuffer,
    send(bytes, to, failed) {
      show(trace, { at: clock.now(), sent: true, remote: to, text: bytes.toString('utf8') });
      transport.send(bytes, to, failed);
    },
    close: () => transport.close(),
  };
}

export function traceReceiving(events: TransportEvents, trace: Trace | undefined): TransportEvents {
  if (!trace) return events;
  return {
    problem: events.problem,
    message(bytes: Buffer, at: number, source: HostPort) {
      show(trace, { at, sent: false, remote: source, text: bytes.toString('utf8') });
      events.message(bytes, at, source);
    },
  };
}

/** A listener that throws must not end the socket. */
function show(trace: Trace, message: TracedMessage): void {
  try {
    trace(message);
  } catch {
    // The trace is for looking; the call goes on.
  }
}
