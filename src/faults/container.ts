/**
 * A container, by the Docker Engine API on its local socket: paused, killed, or cut off a network, and taken back. What stands on the other side of
 * the socket may be Podman as well.
 */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerFault } from '../scenario/surge.ts';
import type { Effect, Injector, InjectorContext } from './injector.ts';

const SOCKET = '/var/run/docker.sock';
const TIMEOUT_MS = 10_000;
/** After a kill the API may show the container running for a moment. */
const GONE_MS = 5000;
const BODY_LIMIT = 1024 * 1024;
const SOCKET_WORDS: Record<string, string> = {
  ENOENT: 'there is no engine',
  ECONNREFUSED: 'no engine listens',
  EACCES: 'we may not speak to the engine',
};

interface Endpoint {
  Aliases?: string[] | null;
  IPAMConfig?: unknown;
}
interface Inspected {
  State?: { Running?: boolean };
  NetworkSettings?: { Networks?: Record<string, Endpoint> };
}

export function containerFault(fault: ContainerFault): { start: Injector; end: Injector } {
  const path = `/containers/${encodeURIComponent(fault.container)}`;
  const ask = (context: InjectorContext, signal: AbortSignal, method: 'GET' | 'POST', what: string, body?: unknown) =>
    call(fault.socket ?? socketOf(context.env), method, what, body, signal);
  const post =
    (what: string): Injector =>
    async (context, signal) =>
      effect(context, await ask(context, signal, 'POST', `${path}/${what}`));
  switch (fault.action) {
    case 'pause':
      return { start: post('pause'), end: post('unpause') };
    case 'kill':
      return {
        start: async (context, signal) => {
          const { status } = await ask(context, signal, 'POST', `${path}/kill?signal=KILL`);
          const limit = context.clock.now() + GONE_MS;
          const runs = async () => ((await ask(context, signal, 'GET', `${path}/json`)).body as Inspected).State?.Running !== false;
          while (await runs()) {
            if (context.clock.now() > limit) throw new Error(`container ${fault.container} still runs ${GONE_MS} ms after it was killed`);
            await sleep(20);
          }
          return { at: context.clock.now(), value: status };
        },
        end: post('start'),
      };
    case 'disconnect': {
      const network = `/networks/${encodeURIComponent(fault.network!)}`;
      /** What it was called and had as addresses there: it comes back as it went. */
      let endpoint: Endpoint = {};
      return {
        start: async (context, signal) => {
          const { body } = await ask(context, signal, 'GET', `${path}/json`);
          const known = (body as Inspected).NetworkSettings?.Networks?.[fault.network!];
          if (!known) throw new Error(`container ${fault.container} is not on the network ${fault.network}`);
          endpoint = { Aliases: known.Aliases, IPAMConfig: known.IPAMConfig };
          return effect(context, await ask(context, signal, 'POST', `${network}/disconnect`, { Container: fault.container, Force: true }));
        },
        end: async (context, signal) =>
          effect(
            context,
            await ask(context, signal, 'POST', `${network}/connect`, { Container: fault.container, EndpointConfig: endpoint }),
          ),
      };
    }
  }
}

/** DOCKER_HOST where it is a local socket. */
function socketOf(env: NodeJS.ProcessEnv): string {
  const host = env.DOCKER_HOST;
  return host?.startsWith('unix://') ? host.slice('unix://'.length) : SOCKET;
}

const effect = ({ clock }: InjectorContext, { status }: { status: number }): Effect => ({ at: clock.now(), value: status });

function call(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const asked = request(
      {
        socketPath,
        method,
        path,
        host: 'docker',
        signal: limited,
        headers: text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (response) => {
        let said = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          if (said.length < BODY_LIMIT) said += part;
        });
        response.once('end', () => {
          const status = response.statusCode ?? 0;
          const answer = parsed(said);
          if (status >= 200 && status < 300) return resolve({ status, body: answer });
          const message = (answer as { message?: unknown } | null)?.message;
          reject(new Error(`docker answered ${status}${typeof message === 'string' ? `: ${message}` : ''}`));
        });
        response.once('error', reject);
      },
    );
    asked.once('error', (error: NodeJS.ErrnoException) => {
      const late = limited.aborted && !signal.aborted;
      const words = SOCKET_WORDS[error.code ?? ''];
      reject(new Error(`docker: ${late ? `no answer within ${TIMEOUT_MS} ms` : words ? `${words} at ${socketPath}` : error.message}`));
    });
    asked.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
