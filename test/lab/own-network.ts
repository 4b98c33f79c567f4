/**
 * A network namespace of our own for a lab whose network is to be cut: a Docker bridge is nothing that a lab may put on the machine. The daemon, the edge
 * and callsurge itself run in there; namespace, bridge and all end with the last process in it. Needs root.
 */
import { spawn } from 'node:child_process';

/** First three parts of the lab's addresses in there: private (RFC 1918), and nobody's but this namespace's. */
const NET = '172.28.77';

/** Runs a script of the repository in a namespace of its own, and hands back the JSON of the last line that it prints. @throws Error where it fails or prints none. */
export function inOwnNetwork<T>(script: string, limitMs: number): Promise<T> {
  const enter = ['--net', '--', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"', process.execPath, script];
  return new Promise((resolve, reject) => {
    const child = spawn('unshare', enter, {
      env: { ...process.env, CALLSURGE_LAB_NET: NET },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: limitMs,
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const last = printed.trim().split('\n').at(-1) ?? '';
      if (code !== 0 || last === '') return reject(new Error(`${script} in a network of its own ended with ${signal ?? code}`));
      resolve(JSON.parse(last) as T);
    });
  });
}
