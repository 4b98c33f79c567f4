/** A running part of the lab, edge or site, whatever it runs in. */
export interface LabNode {
  readonly name: string;
  /** Process id on this machine while it runs. */
  readonly pid: number | null;
  /** Starts it, or starts it again with the same configuration and folder. It answers a little later. */
  start(): Promise<void>;
  /** Ends it in order (SIGTERM), at the latest after a few seconds by force. */
  stop(): Promise<void>;
  /** SIGSTOP freezes it, SIGCONT wakes it, SIGKILL kills it. */
  kill(signal: NodeJS.Signals): Promise<void>;
}
