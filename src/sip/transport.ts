/** What a stack needs of a transport. Datagrams today; a stream transport hands over one framed message per call just the same. */
import type { HostPort, TransportName } from './stack.ts';

export interface TransportEvents {
  /** `at`: when the socket handed it over, before anything looked inside (Clock ms). Must not throw. */
  message(bytes: Buffer, at: number, source: HostPort): void;
  /** The socket itself reported an error (ICMP, interface down). */
  problem(at: number, what: string): void;
}

export interface Transport {
  readonly name: TransportName;
  readonly local: HostPort;
  /** Bytes of the kernel's receive buffer, as read back. */
  readonly receiveBuffer: number;
  /** Puts one message on the wire. `failed` is called later, at most once, where the system refuses it. Never throws. */
  send(bytes: Buffer, to: HostPort, failed: (error: Error) => void): void;
  close(): Promise<void>;
}
