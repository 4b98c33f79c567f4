/** Several transports behind one interface: what goes to a next hop leaves from the stack that speaks its transport. */
import { createSipStack } from './create.ts';
import type { Shared } from './shared.ts';
import type { SipStack, SipStackOptions, TransportName } from './stack.ts';

export interface SipStacksOptions extends Omit<SipStackOptions, 'bind'> {
  bind: { host: string; port: number };
  /** In order; the first is what `local` names. */
  transports: readonly TransportName[];
}

/**
 * One stack for each transport that is needed, all bound to one address. Streams share no port number: TCP and TLS take `port` and the next ones.
 * @throws CallsurgeError as createSipStack
 */
export async function createSipStacks({ transports, bind, idPrefix, ...options }: SipStacksOptions): Promise<SipStack> {
  const wanted = [...new Set(transports)];
  const stacks = new Map<TransportName, SipStack>();
  const siblings = new Map<TransportName, Shared>();
  let streams = 0;
  try {
    for (const transport of wanted) {
      const step = transport === 'udp' ? 0 : streams++;
      const port = bind.port === 0 ? 0 : bind.port + step;
      const advertise = options.advertise && { ...options.advertise, port: options.advertise.port && options.advertise.port + step };
      const prefix = wanted.length === 1 ? idPrefix : `${idPrefix}${transport}`;
      stacks.set(
        transport,
        await createSipStack({ ...options, idPrefix: prefix, advertise, bind: { host: bind.host, port, transport } }, siblings),
      );
    }
  } catch (error) {
    await Promise.all([...stacks.values()].map((stack) => stack.close()));
    throw error;
  }
  const first = stacks.get(wanted[0]!)!;
  if (stacks.size === 1) return first;
  const speaking = (transport: TransportName) => stacks.get(transport) ?? first;
  return {
    local: first.local,
    bound: [...stacks.values()].flatMap(({ bound }) => bound),
    call: (call, handlers) => speaking(call.nextHop.transport).call(call, handlers),
    send: (request) => speaking(request.nextHop.transport).send(request),
    register: (registration, handlers) => speaking(registration.registrar.transport).register(registration, handlers),
    sweep: (open) => speaking(open.transport).sweep(open),
    keepAlive: (hop, everyMs) => speaking(hop.transport).keepAlive(hop, everyMs),
    stats() {
      const sum = first.stats();
      for (const stack of stacks.values()) {
        if (stack === first) continue;
        const more = stack.stats();
        for (const key of ['received', 'sent', 'retransmitted', 'bad', 'transactions', 'dialogs'] as const) sum[key] += more[key];
        sum.receiveBuffer ||= more.receiveBuffer;
      }
      return sum;
    },
    close: async () => {
      await Promise.all([...stacks.values()].map((stack) => stack.close()));
    },
  };
}
