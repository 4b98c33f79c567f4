import { MessageChannel } from 'node:worker_threads';
import { type Channel, channelOver } from '../../src/engine/channel.ts';

/** Two ends of a real message channel, as between the main thread and a worker; it does not keep the process alive. */
export function portPair(): { hub: Channel; worker: Channel } {
  const { port1, port2 } = new MessageChannel();
  const pair = { hub: channelOver(port1), worker: channelOver(port2) };
  port1.unref();
  port2.unref();
  return pair;
}
