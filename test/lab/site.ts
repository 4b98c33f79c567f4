/** One site of a running lab, as the tests see it: its switchboard's console, its record, and its plug. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AmiRecorder } from './call-facts.ts';
import { type CdrRow, parseCdr } from './cdr.ts';
import type { LabNode } from './node.ts';
import { parseQueueLog, type QueueLogRow } from './queue-log.ts';
import { AMI, type SiteAddress } from './settings.ts';

export class LabSite {
  readonly name: string;
  readonly host: string;
  readonly amiPort = AMI.port;
  readonly firstAgent: number;
  /** Run folder: etc/, var/, output.log. */
  readonly folder: string;
  /** Facts of every call since the lab came up, or since `ami.clear()`. */
  readonly ami: AmiRecorder;
  readonly #node: LabNode;

  constructor(address: SiteAddress, node: LabNode, folder: string) {
    this.name = address.name;
    this.host = address.host;
    this.firstAgent = address.firstAgent;
    this.folder = folder;
    this.#node = node;
    this.ami = new AmiRecorder(address.name, { host: address.host, ...AMI });
  }

  /** Runs a console command and returns what it prints. @throws Error while the site is away. */
  rx(command: string): Promise<string> {
    return this.ami.client.command(command);
  }

  /** Resolves when the site takes calls. @throws Error after `timeoutMs`. */
  async ready(timeoutMs = 20_000): Promise<void> {
    await this.ami.client.ready(timeoutMs);
    // Asterisk calls itself booted even when a module is missing.
    const [transports, queues] = [await this.rx('pjsip show transports'), await this.rx('queue show')];
    if (!transports.includes(`${this.host}:5060`) || !queues.includes('support'))
      throw new Error(`${this.name} is up without SIP or queues: ${transports} ${queues} ${this.messages().slice(0, 500)}`);
  }

  /** Channels open now, callers and agents alike. */
  async channels(): Promise<number> {
    const printed = await this.rx('core show channels count');
    const found = /(\d+) active channel/.exec(printed);
    if (!found) throw new Error(`${this.name}: "core show channels count" printed ${JSON.stringify(printed)}`);
    return Number(found[1]);
  }

  /** Capacity from now on. */
  async setMaxCalls(calls: number): Promise<void> {
    await this.rx(`dialplan set global MAXCALLS ${calls}`);
  }

  /** Agents that are registered now. */
  async registered(): Promise<number> {
    const printed = await this.rx('pjsip show contacts');
    return printed.split('\n').filter((line) => /Contact:\s+\d+\/sip:/.test(line)).length;
  }

  /** Ends the site (SIGTERM): its calls die, its port closes. */
  async stop(): Promise<void> {
    await this.#node.stop();
  }

  /** SIGSTOP freezes, SIGCONT wakes, SIGKILL kills. */
  kill(signal: NodeJS.Signals): Promise<void> {
    return this.#node.kill(signal);
  }

  /** Starts it again after stop() or a SIGKILL and waits until it takes calls. Its record goes on in the same files. */
  async start(): Promise<void> {
    for (let waited = 0; this.ami.client.connected && waited < 5000; waited += 20) await sleep(20);
    await this.#node.start();
    await this.ready();
  }

  queueLog(): QueueLogRow[] {
    return parseQueueLog(this.queueLogText());
  }

  cdr(): CdrRow[] {
    return parseCdr(this.cdrText());
  }

  /** The two as Asterisk wrote them. */
  queueLogText(): string {
    return this.#read('var/queue_log');
  }

  cdrText(): string {
    return this.#read('var/cdr-csv/Master.csv');
  }

  /** Warnings and errors of Asterisk. */
  messages(): string {
    return this.#read('var/messages');
  }

  #read(file: string): string {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
}
