/**
 * The SIP stack alone, without engine, rows and trace: shows how much of the cost is SIP. A process of its own: `node bare-stack.ts PORT RATE SECONDS
 * HOLD_MS`; prints what came of it as one line of JSON.
 */
import { RealClock } from '../src/clock.ts';
import { createSipStack } from '../src/sip/index.ts';

const RAMP_S = 2;
const [port, rate, seconds, holdMs] = process.argv.slice(2).map(Number) as [number, number, number, number];
const clock = new RealClock();
const stack = await createSipStack({
  clock,
  bind: { host: '127.0.0.1', port: 0, transport: 'udp' },
  userAgent: 'callsurge',
  idPrefix: 'b',
});
const uri = `sip:4001000000@127.0.0.1:${port}`;
const body = {
  type: 'application/sdp',
  content: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 0 101\r\na=inactive\r\n',
};
const planned = Math.floor((rate / 5 + rate) * (RAMP_S / 2) + rate * seconds);
const startMs = clock.now() + 50;
const lags: number[] = [];
const why: Record<string, number> = {};
let made = 0;
let completed = 0;
let over = 0;

/** When call `k` is due: the ramp's integral solved for time, then the flat part. */
function dueAt(k: number): number {
  const from = rate / 5;
  const inRamp = ((from + rate) * RAMP_S) / 2;
  if (k >= inRamp) return RAMP_S * 1000 + ((k - inRamp) / rate) * 1000;
  const slope = (rate - from) / RAMP_S;
  return ((Math.sqrt(from * from + 2 * slope * k) - from) / slope) * 1000;
}

function call(intended: number): void {
  const full = intended - startMs >= RAMP_S * 1000;
  stack.call(
    { requestUri: uri, toUri: uri, fromUri: 'sip:5550@127.0.0.1', nextHop: { host: '127.0.0.1', port, transport: 'udp' }, body },
    {
      sent: (at, { retransmission }) => {
        if (full && !retransmission) lags.push(at - intended);
      },
      answered: (_response, dialog) =>
        void clock.after(holdMs, async () => {
          const result = await dialog.bye();
          if (result.kind === 'response' && result.response.status === 200) completed++;
          else note(`BYE ${result.kind}`);
          over++;
        }),
      failed: (failure) => {
        note(failure.kind);
        over++;
      },
      ended: () => note('ended'),
    },
  );
}

function note(what: string): void {
  why[what] = (why[what] ?? 0) + 1;
}

await new Promise<void>((resolve) => {
  const pace = () => {
    const now = clock.now();
    while (made < planned && startMs + dueAt(made) <= now) call(startMs + dueAt(made++));
    const late = now - startMs > (RAMP_S + seconds) * 1000 + holdMs + 34_000;
    if ((made === planned && over === made) || late) return resolve();
    setTimeout(pace, 1);
  };
  pace();
});
lags.sort((a, b) => a - b);
if (over < made) note('unfinished');
console.log(JSON.stringify({ startMs, planned, completed, why, lagP99Ms: lags[Math.ceil(lags.length * 0.99) - 1] ?? null }));
await stack.close();
process.exit(0);
