/** Embedded vendors, phones and agents for one test, closed after it in the opposite order. */
import type { SimulatorConfig } from '../../src/simulator/config.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { AgentPhone, openPhone, type Phone, until } from './phones.ts';

export const ACCOUNTS = [{ username: '{n}', password: 'secret{n}', first: 1001, count: 4, skill: 'support' }];

let vendors = 0;

export class Scene {
  readonly #open: { close(): Promise<unknown> }[] = [];

  /** Two sites, quick to answer and to fail over; any free ports. */
  async vendor(config: Partial<SimulatorConfig> = {}): Promise<Simulator> {
    const from = 50_000 + ((process.pid * 37 + vendors++ * 100) % 9000);
    const simulator = await startSimulator({
      port: 0,
      sites: [
        { name: 'a', channels: 50 },
        { name: 'b', channels: 50 },
      ],
      ringMs: 20,
      answerMs: 60,
      rtpPorts: [from, from + 99],
      failover: { inviteTimeoutMs: 400, probeMs: 200 },
      ...config,
    });
    this.#open.push({ close: () => simulator.stop() });
    return simulator;
  }

  async phone(host?: string): Promise<Phone> {
    const made = await openPhone({ host });
    this.#open.push(made);
    return made;
  }

  async agent(simulator: Simulator, username: string, how?: 'answer' | 'ring' | 'reject'): Promise<AgentPhone> {
    const made = await AgentPhone.open(simulator.sip, username, `secret${username}`, how);
    this.keep(made);
    await until(() => made.registeredAt !== null, 'registration');
    return made;
  }

  keep(thing: { close(): Promise<unknown> }): void {
    this.#open.push(thing);
  }

  async close(): Promise<void> {
    for (const thing of this.#open.splice(0).reverse()) await thing.close();
  }
}

export const rowOf = (simulator: Simulator, callId: string) => simulator.truth().find((row) => row.sip_call_id === callId);

/** A request to its HTTP API. */
export async function api(simulator: Simulator, method: 'GET' | 'POST', path: string, body?: unknown) {
  const response = await fetch(`http://${simulator.api.host}:${simulator.api.port}${path}`, {
    method,
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look at single fields
  return { status: response.status, body: (await response.json()) as any };
}
