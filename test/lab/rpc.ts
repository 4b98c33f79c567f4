/** Kamailio's JSON-RPC on its SIP port. By node:http: fetch() refuses port 5060. */
import { request } from 'node:http';
import { EDGE } from './settings.ts';

/** Calls a method, as `dispatcher.list` or `htable.seti knob max 10`. @returns its `result`. @throws Error with the edge's words. */
export function edgeRpc(command: string, timeoutMs = 3000): Promise<unknown> {
  const [method, ...words] = command.trim().split(/\s+/);
  const params = words.map((word) => (/^-?\d+$/.test(word) ? Number(word) : word));
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = request(
      { host: EDGE.host, port: EDGE.port, path: '/RPC', method: 'POST', headers, timeout: timeoutMs, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          try {
            const reply = JSON.parse(text) as { result?: unknown; error?: { message?: string } };
            if (reply.error) reject(new Error(`edge, ${command}: ${reply.error.message ?? text}`));
            else resolve(reply.result);
          } catch {
            reject(new Error(`edge, ${command}: ${text || response.statusCode}`));
          }
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`edge, ${command}: nothing within ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** State of each site at the edge, as `AP` (active, probed) or `IP` (inactive), by SIP URI. */
export async function edgeSites(): Promise<Record<string, string>> {
  const result = (await edgeRpc('dispatcher.list')) as {
    RECORDS?: { SET: { TARGETS: { DEST: { URI: string; FLAGS: string } }[] } }[];
  };
  const targets = (result.RECORDS ?? []).flatMap((record) => record.SET.TARGETS);
  return Object.fromEntries(targets.map(({ DEST }) => [DEST.URI, DEST.FLAGS]));
}
