/** One call of our stack from inside the NAT, with RTP; hangs up by itself after `holdMs` if the vendor has not. */
import { RealClock } from '../../src/clock.ts';
import { agree, createMediaPump, makeOffer } from '../../src/media/index.ts';
import { createSipStack } from '../../src/sip/index.ts';
import { CALLER, optionsOf, say, VENDOR } from './namespaces.ts';

const { name, port, ownPort, external, keepAliveMs, holdMs, rtp } = optionsOf<{
  name: string;
  port: number;
  ownPort: number;
  external?: string;
  keepAliveMs?: number;
  holdMs: number;
  rtp: [number, number];
}>();
const clock = new RealClock();
const stack = await createSipStack({
  clock,
  bind: { host: CALLER, port: ownPort, transport: 'udp' },
  advertise: external === undefined ? undefined : { host: external, port: ownPort },
  userAgent: 'nat-test',
  idPrefix: name,
  problem: (_at, problem) => say({ name, problem }),
});
const pump = await createMediaPump({ clock, host: CALLER, ports: { from: rtp[0], to: rtp[1] }, seed: 1 });
const stream = await pump.open({});
const offer = makeOffer({ host: external ?? CALLER, port: stream.localPort, sessionId: 1, version: 1 });
const hop = { host: VENDOR, port, transport: 'udp' as const };
if (keepAliveMs !== undefined) stack.keepAlive(hop, keepAliveMs);
let over = false;
const end = async (result: object) => {
  if (over) return;
  over = true;
  say({ name, ...result, rtp: stream.received().received });
  await Promise.all([stack.close(), pump.close()]);
  process.exit(0);
};
stack.call(
  {
    requestUri: `sip:4001000000@${VENDOR}:${port}`,
    fromUri: `sip:${name}@caller.example`,
    toUri: `sip:4001000000@${VENDOR}`,
    nextHop: hop,
    body: { type: 'application/sdp', content: offer },
  },
  {
    answered: (response, dialog) => {
      say({ name, answered: true });
      const agreement = agree(offer, response.body);
      if (agreement) {
        stream.agree(agreement);
        stream.play({ kind: 'comfort-noise' });
      }
      clock.after(holdMs, () => {
        if (over) return;
        void dialog.bye().then((bye) => end({ ended: 'by us', bye: bye.kind === 'response' ? bye.response.status : bye.kind }));
      });
    },
    failed: (failure) => void end({ ended: 'failed', failure: failure.kind }),
    // The 200 to the BYE goes out first.
    ended: () => void setTimeout(() => end({ ended: 'by vendor' }), 100),
  },
);
