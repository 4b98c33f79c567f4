/**
 * A connection as the pool (transport-stream.ts) sees it, and the kinds there are: TCP and TLS (link-tcp.ts), WebSocket with and without TLS
 * (link-ws.ts). A link hands over whole messages, however they came.
 */
import type { HostPort } from './stack.ts';

/** Our side of TLS, contents and not file names. */
export interface TlsSide {
  /** PEM of the authorities to trust instead of the system's. */
  ca?: string;
  /** PEM of our certificate (chain) and its key: shown where the peer asks, and to those who connect to us. */
  cert?: string;
  key?: string;
  /** Default TLSv1.2. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

export interface LinkEvents {
  /** Ready to carry messages. */
  open(): void;
  message(bytes: Buffer): void;
  /** Something unreadable came; the link is closed after it. */
  problem(what: string): void;
  /** At most once, also for a link that never opened. */
  closed(error: Error): void;
}

export interface Link {
  readonly remote: HostPort;
  /** Bytes handed over that the system has not yet taken. */
  readonly waiting: number;
  /** The peer took the connection, whatever became of it then. */
  readonly reached: boolean;
  write(bytes: Buffer): void;
  ping(): void;
  close(): void;
}

export interface ConnectTo {
  address: string;
  port: number;
  /** What the certificate must say; the name that was dialled, or the trunk's tlsName. */
  name: string;
  /** From any port of ours, where the one that Contact names cannot be had. */
  anyPort: boolean;
}

export interface Listener {
  port: number;
  close(): Promise<void>;
}

export interface LinkKind {
  connect(to: ConnectTo, events: LinkEvents): Link;
  /** `accept` is handed each connection that comes. */
  listen(at: HostPort, accept: (link: Link) => LinkEvents): Promise<Listener>;
}

export const orderlyEnd = () => Object.assign(new Error('the peer closed the connection'), { code: 'ECLOSED' });
