/** Entry of the relay's thread: our relay (faults/relay.ts), away from the main thread, told by it what to do (relay-host.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import { RealClock } from '../clock.ts';
import { openRelay, type Relay } from '../faults/relay.ts';
import { channelOver } from './channel.ts';
import { RELAY_TOPICS, type RelayAnswer, type RelayAsked, type RelayInit } from './relay-host.ts';
import { RelaySeconds } from './relay-seconds.ts';
import { toWire } from './wire-error.ts';

if (!parentPort) throw new Error('engine/relay-thread.ts runs in a worker thread');
const port = parentPort;
const channel = channelOver(port);
const { options, anchor } = workerData as RelayInit;
const clock = new RealClock(anchor);
let relay: Relay | undefined;
let seconds: RelaySeconds | undefined;
/** Faults that are on, by the number that the main thread gave them. */
const on = new Map<number, () => void>();

async function doing(asked: RelayAsked): Promise<RelayAnswer['result']> {
  switch (asked.what) {
    case 'open': {
      const opened = await openRelay(options);
      relay = opened;
      seconds = new RelaySeconds(clock, opened, (second) => channel.send(RELAY_TOPICS.second, second));
      return { next: options.trunks.map(({ name }) => opened.next(name)) };
    }
    case 'begin':
      on.set(asked.fault, relay!.begin(asked.does));
      return { at: clock.now() };
    case 'end':
      on.get(asked.fault)?.();
      on.delete(asked.fault);
      return { at: clock.now() };
    case 'close': {
      const counts = Object.fromEntries(options.trunks.map(({ name }) => [name, relay!.counts(name)]));
      const worst = seconds!.stop();
      await relay!.close();
      // The answer must still get out.
      setTimeout(() => port.close(), 20);
      return { counts, worst };
    }
  }
}

channel.on<RelayAsked>(RELAY_TOPICS.ask, (asked) => {
  doing(asked).then(
    (result) => channel.send(RELAY_TOPICS.answer, { id: asked.id, result } satisfies RelayAnswer),
    (thrown) => channel.send(RELAY_TOPICS.answer, { id: asked.id, error: toWire(thrown) } satisfies RelayAnswer),
  );
});
