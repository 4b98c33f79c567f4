/**
 * Three network namespaces of a test's own: caller, NAT, vendor. Nothing in them reaches any other network.
 *
 *     caller 10.71.0.2 ── 10.71.0.1 NAT 10.72.0.1 ── 10.72.0.2 vendor
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const CALLER = '10.71.0.2';
export const NAT_OUTSIDE = '10.72.0.1';
export const VENDOR = '10.72.0.2';
/** Of the NAT: a UDP mapping that has been quiet for so long is forgotten. */
export const MAPPING_S = 2;
/** Ports on the vendor's address: plain, and one whose path leads through the rewriting ALG. */
export const PLAIN_PORT = 5060;
export const ALG_PORT = 5080;
/** Forwarded from outside to the caller. */
export const FORWARDED_PORT = 5066;
const ALG_LISTENS = 5070;

export type Where = 'caller' | 'nat' | 'vendor';

export class Namespaces {
  readonly #id: string;
  readonly #children: ChildProcess[] = [];

  private constructor(id: string) {
    this.#id = id;
  }

  /** @returns why this machine cannot have them, or the namespaces. */
  static make(): Namespaces | string {
    if (process.platform !== 'linux') return 'network namespaces need Linux';
    if (process.getuid?.() !== 0) return 'network namespaces need root';
    const made = new Namespaces(`cs${process.pid}`);
    try {
      made.#build();
      return made;
    } catch (error) {
      made.remove();
      return (error as Error).message;
    }
  }

  name(where: Where): string {
    return `${this.#id}-${where}`;
  }

  #build(): void {
    const id = this.#id;
    for (const where of ['caller', 'nat', 'vendor'] as const) {
      run('ip', 'netns', 'add', this.name(where));
      run('ip', '-n', this.name(where), 'link', 'set', 'lo', 'up');
    }
    const wire = (from: Where, address: string, natAddress: string, inside: string) => {
      run('ip', 'link', 'add', `${id}a`, 'netns', this.name(from), 'type', 'veth', 'peer', 'name', inside, 'netns', this.name('nat'));
      run('ip', '-n', this.name(from), 'addr', 'add', `${address}/24`, 'dev', `${id}a`);
      run('ip', '-n', this.name(from), 'link', 'set', `${id}a`, 'up');
      run('ip', '-n', this.name('nat'), 'addr', 'add', `${natAddress}/24`, 'dev', inside);
      run('ip', '-n', this.name('nat'), 'link', 'set', inside, 'up');
    };
    wire('caller', CALLER, '10.71.0.1', 'inside');
    wire('vendor', VENDOR, NAT_OUTSIDE, 'outside');
    run('ip', '-n', this.name('caller'), 'route', 'add', 'default', 'via', '10.71.0.1');
    const nat = (...args: string[]) => run('ip', 'netns', 'exec', this.name('nat'), ...args);
    nat('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    const rules = ['iptables', '-t', 'nat'];
    nat(
      ...rules,
      '-A',
      'PREROUTING',
      '-i',
      'inside',
      '-p',
      'udp',
      '--dport',
      String(ALG_PORT),
      '-j',
      'REDIRECT',
      '--to-ports',
      String(ALG_LISTENS),
    );
    nat(
      ...rules,
      '-A',
      'PREROUTING',
      '-i',
      'outside',
      '-p',
      'udp',
      '--dport',
      String(FORWARDED_PORT),
      '-j',
      'DNAT',
      '--to',
      `${CALLER}:${FORWARDED_PORT}`,
    );
    // A port of its own for each destination: a symmetric mapping, the strictest there is.
    nat(...rules, '-A', 'POSTROUTING', '-o', 'outside', '-j', 'MASQUERADE', '--random-fully');
    // What comes from outside unasked goes nowhere, but through the forwarded port.
    nat('iptables', '-A', 'FORWARD', '-i', 'outside', '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED,DNAT', '-j', 'ACCEPT');
    nat('iptables', '-A', 'FORWARD', '-i', 'outside', '-j', 'DROP');
    nat(
      'sysctl',
      '-qw',
      `net.netfilter.nf_conntrack_udp_timeout=${MAPPING_S}`,
      `net.netfilter.nf_conntrack_udp_timeout_stream=${MAPPING_S}`,
    );
  }

  /** A script of this folder inside a namespace; `heard` gets each line of JSON that it prints. */
  start(where: Where, script: string, options: object, heard: (line: Record<string, unknown>) => void): void {
    const child = spawn(
      'ip',
      ['netns', 'exec', this.name(where), process.execPath, join(import.meta.dirname, script), JSON.stringify(options)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    this.#children.push(child);
    createInterface({ input: child.stdout! }).on('line', (line) => heard(JSON.parse(line) as Record<string, unknown>));
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const where of ['caller', 'nat', 'vendor'] as const) spawnSync('ip', ['netns', 'del', this.name(where)], { stdio: 'ignore' });
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  if (error) throw new Error(`${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args.slice(0, 3).join(' ')} …: ${stderr.trim().split('\n')[0]}`);
}

export const say = (line: object): void => console.log(JSON.stringify(line));
export const optionsOf = <T>(): T => JSON.parse(process.argv[2]!) as T;
export { ALG_LISTENS };
