/** What a stack needs of a transport: datagrams (transport-udp.ts), or a stream that hands over one framed message per call just the same. */
import type { HostPort, TransportName } from './stack.ts';

/** Where a message goes. */
export interface Destination extends HostPort {
  /** Where to connect to if no connection to host and port is open: a response whose connection has gone (RFC 3261 18.2.2). */
  instead?: HostPort;
  /** What the certificate must say, if not `host`. */
  name?: string;
}

/** `message` is one line for people where `local` is set; `local`: our own system refused; `maybeOurs`: what we were told of the vendor may be wrong. */
export type SendError = Error & { local?: boolean; maybeOurs?: boolean };

export interface TransportEvents {
  /** `at`: when the socket handed it over, before anything looked inside (Clock ms). Must not throw. */
  message(bytes: Buffer, at: number, source: HostPort): void;
  /** The socket itself reported an error (ICMP, interface down). */
  problem(at: number, what: string): void;
  /** A connection is gone. `names`: every `host:port` that was sent to over it. */
  lost?(at: number, names: ReadonlySet<string>, error: SendError): void;
}

export interface Transport {
  readonly name: TransportName;
  /** What is sent arrives, or the connection is lost: nothing is repeated (RFC 3261 17). */
  readonly reliable: boolean;
  readonly local: HostPort;
  /** Bytes of the kernel's receive buffer, as read back; 0 where there is one per connection. */
  readonly receiveBuffer: number;
  /** Puts one message on the wire. `failed` is called later, at most once, where it cannot be sent. Never throws. */
  send(bytes: Buffer, to: Destination, failed: (error: SendError) => void): void;
  /** A keep-alive that says nothing (RFC 5626 3.5.1): CRLF CRLF. */
  ping(to: HostPort): void;
  /** Streams: every connection is gone, for that reason. */
  drop?(error: SendError): void;
  close(): Promise<void>;
}
