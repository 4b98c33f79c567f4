/** Call-IDs, tags and branches: counted, so that they never repeat at any rate (random ones of SIP.js collide under load). */
import { randomBytes } from 'node:crypto';

export class Ids {
  /** Of every branch of this stack: tells a late response of ours from anybody's. */
  readonly branchHead: string;
  readonly #head: string;
  #count = 0;

  /** The prefix is the caller's; a few random bytes keep two runs with one prefix apart. */
  constructor(prefix: string) {
    this.#head = `${prefix.replace(/[^A-Za-z0-9.-]/g, '-')}-${randomBytes(4).toString('hex')}`;
    this.branchHead = `z9hG4bK-${this.#head}-`;
  }

  branch(): string {
    return this.branchHead + this.#next();
  }

  tag(): string {
    return `${this.#head}-t${this.#next()}`;
  }

  callId(): string {
    return `${this.#head}-c${this.#next()}`;
  }

  #next(): string {
    return (this.#count++).toString(36);
  }
}
