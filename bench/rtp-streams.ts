/** N RTP streams, both directions, on one core: `node rtp-streams.ts STREAMS SECONDS FIRST_PORT`; prints the lateness of sending as one line of JSON. */
import { RealClock } from '../src/clock.ts';
import { createMediaPump, type MediaAgreement } from '../src/media/index.ts';

const [streams, seconds, firstPort] = process.argv.slice(2).map(Number) as [number, number, number];
const clock = new RealClock();
const host = '127.0.0.1';
const middle = firstPort + 2 * streams + 200;
const callers = await createMediaPump({ clock, host, ports: { from: firstPort, to: middle - 1 }, seed: 1 });
const agents = await createMediaPump({ clock, host, ports: { from: middle, to: middle + 2 * streams + 200 }, seed: 2 });
const towards = (port: number): MediaAgreement => ({
  codec: 'PCMU',
  payloadType: 0,
  telephoneEvent: undefined,
  ptimeMs: 20,
  remote: { host, port },
  direction: 'sendrecv',
});
for (let k = 0; k < streams; k++) {
  const [caller, agent] = [await callers.open(), await agents.open()];
  caller.agree(towards(agent.localPort));
  agent.agree(towards(caller.localPort));
  caller.play({ kind: 'comfort-noise' });
  agent.play({ kind: 'comfort-noise' });
}
const worst: number[] = [];
const seen = { sent: 0, received: 0 };
for (let second = 0; second <= seconds; second++) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  // Each asking starts a new second of figures; the first holds the opening.
  const both = [callers.stats(), agents.stats()];
  if (second === 0) continue;
  worst.push(Math.max(...both.map(({ lateP99Ms }) => lateP99Ms ?? Number.NaN)));
  for (const { sent, received } of both) {
    seen.sent += sent;
    seen.received += received;
  }
}
worst.sort((a, b) => a - b);
console.log(JSON.stringify({ medianP99Ms: worst[Math.floor(worst.length / 2)], worstP99Ms: worst.at(-1), ...seen }));
await Promise.all([callers.close(), agents.close()]);
process.exit(0);
