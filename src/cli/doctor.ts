/**
 * `callsurge doctor`: one call to the vendor, with its SIP ladder and what was heard: the first thing to run in a trial, and the thing to show when
 * something is odd.
 */
import { Command } from 'commander';
import { RealClock, sleepOn, type TimerHandle } from '../clock.ts';
import { durationMs } from '../duration.ts';
import { liveTrunks } from '../engine/live-vendor.ts';
import { bindAddress, mediaAddress, RTP_PORTS } from '../engine/local-side.ts';
import { openOurSide } from '../engine/sip-side.ts';
import { CallsurgeError } from '../errors.ts';
import { agree, createMediaPump, makeOffer, type RtpStream, ToneListener } from '../media/index.ts';
import { printable } from '../report/markup.ts';
import type { SipDialog, SipFailure, SipStack, TracedMessage } from '../sip/index.ts';
import { contractRules } from '../vendor/contract.ts';
import { loadVendor } from '../vendor/load.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { numberToDial } from './dialled-number.ts';
import { startEmbedded } from './embedded.ts';
import { EXIT } from './exit-codes.ts';
import { keys } from './inputs.ts';
import { ladder } from './ladder.ts';

interface DoctorFlags {
  vendor: string;
  number?: string;
  trunk?: string;
  press?: string;
  listen: string;
  messages?: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('make one call and print its SIP ladder, its media and what was heard')
    .requiredOption('-V, --vendor <profile>', 'vendor profile: a file, or the name of one in vendors/')
    .option('--number <digits>', 'number to dial, or a name of vendor.numbers (default: the first)')
    .option('--trunk <name>', 'trunk to use (default: the first)')
    .option('--press <digits>', 'keys to press a second after the answer', keys)
    .option('--listen <time>', 'how long to stay on the line', '4s')
    .option('--messages', 'print every SIP message whole')
    .addHelpText('after', '\nExample:\n  callsurge doctor --vendor vendors/vendor-a.ts --number 4001000000 --press 1 --listen 8s')
    .action(async (flags: DoctorFlags) => {
      const { profile } = await loadVendor(flags.vendor);
      // A call that is left behind by Ctrl-C would go on, and be billed.
      const stopped = new AbortController();
      const stop = () => stopped.abort();
      process.on('SIGINT', stop);
      process.on('SIGTERM', stop);
      const embedded = profile.embedded ? await startEmbedded(profile.embedded) : undefined;
      try {
        const exit = await examine(profile, flags, stopped.signal);
        process.exitCode = stopped.signal.aborted ? EXIT.stoppedBySignal : exit;
      } finally {
        await embedded?.stop();
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
      }
    });
}

/** What a vendor sends must not work the terminal. */
const say = (text: string) => console.log(printable(text));

/** @returns the exit code. */
async function examine(vendor: VendorProfile, flags: DoctorFlags, stopped: AbortSignal): Promise<number> {
  const trunks = liveTrunks(vendor, process.env);
  const trunk = flags.trunk === undefined ? trunks[0]! : trunks.find(({ name }) => name === flags.trunk);
  if (!trunk)
    throw new CallsurgeError('usage', `the profile has no trunk "${flags.trunk}"`, {
      where: '--trunk',
      todo: `use ${trunks.map((t) => t.name).join(', ')}`,
    });
  const rules = contractRules(vendor.contract);
  const called = numberToDial(vendor, flags.number);
  const caller = rules.callerNumber(0);
  const listenMs = durationMs(flags.listen, '--listen');

  const clock = new RealClock();
  const host = bindAddress(vendor, 0);
  const seen: TracedMessage[] = [];
  const problems: string[] = [];
  const stack = await openOurSide(
    { ...vendor, trunks: vendor.trunks.filter(({ name }) => name === trunk.name), agents: [] },
    0,
    process.env,
    {
      clock,
      userAgent: 'callsurge doctor',
      idPrefix: `d${process.pid}`,
      trace: (message) => void seen.push(message),
      problem: (_at, what) => void problems.push(what),
    },
  );
  const [from, to] = vendor.local?.rtpPorts ?? RTP_PORTS;
  const pump = await createMediaPump({ clock, host, ports: { from, to }, seed: 1 });
  try {
    const options = await stack.send({
      method: 'OPTIONS',
      requestUri: `sip:${trunk.domain}`,
      fromUri: `sip:${caller}@${trunk.domain}`,
      toUri: `sip:${trunk.domain}`,
      nextHop: trunk.nextHop,
      route: trunk.route,
      timeoutMs: 2000,
    });
    const start = seen[0]?.at ?? clock.now();
    say(
      `trunk ${trunk.name} at ${trunk.nextHop.transport}:${trunk.nextHop.host}:${trunk.nextHop.port}: OPTIONS ${options.kind === 'response' ? `answered ${options.response.status} in ${(options.at - options.sentAt).toFixed(1)} ms` : wordsOf(options, problems[0])}`,
    );

    // Who is not there, or cannot be trusted, is not called: one line says why.
    if (options.kind === 'transport') return options.local ? EXIT.portInUse : EXIT.vendorUnreachable;
    if (options.kind === 'timeout' && problems.length > 0) return EXIT.vendorUnreachable;
    if (stopped.aborted) return EXIT.stoppedBySignal;

    const heard: string[] = [];
    const tones = new ToneListener(({ hz, at }) =>
      heard.push(`${((at - start) / 1000).toFixed(2)} s ${hz === null ? 'no tone' : `${hz} Hz tone`}`),
    );
    const stream = await pump.open({ audio: tones.hear, digit: (digit) => void heard.push(`key ${digit}`) });
    const mediaHost = await mediaAddress(vendor, host, trunk.nextHop);
    const offer = makeOffer({ host: mediaHost, port: stream.localPort, sessionId: Date.now(), version: 1 });
    const outcome = await oneCall(stack, stream, offer, {
      trunk,
      called,
      caller,
      listenMs,
      press: flags.press,
      clock,
      stopped,
      answeredOptions: options.kind === 'response',
    });

    say(`\n${ladder(seen, start, `${stack.local.host}:${stack.local.port}`)}\n`);
    if (flags.messages)
      for (const message of seen) say(`--- ${message.sent ? '→' : '←'} ${(message.at - start).toFixed(1)} ms\n${message.text}`);
    say(options.kind === 'timeout' && outcome.silent ? `${called}: no answer to the call either` : outcome.text);
    const [received, sent] = [stream.received(), stream.sent()];
    say(
      `RTP: sent ${sent.sent}, received ${received.received}, lost ${received.lost}, jitter ${received.jitterMs.toFixed(1)} ms, longest gap ${received.gapMs.toFixed(0)} ms`,
    );
    say(heard.length === 0 ? 'heard: nothing that we recognise' : `heard: ${heard.slice(0, 20).join(' · ')}`);
    return outcome.exit;
  } finally {
    await Promise.all([stack.close(), pump.close()]);
  }
}

/** Not even a 100 within this: nobody is there. */
const SILENCE_MS = 8_000;

interface CallPlan {
  answeredOptions: boolean;
  trunk: ReturnType<typeof liveTrunks>[number];
  called: string;
  caller: string;
  listenMs: number;
  press: string | undefined;
  clock: RealClock;
  /** Hangs up at once. */
  stopped: AbortSignal;
}

async function oneCall(
  stack: SipStack,
  stream: RtpStream,
  offer: string,
  plan: CallPlan,
): Promise<{ text: string; exit: number; silent?: boolean }> {
  const { trunk, called, caller, clock, stopped } = plan;
  let ended = false;
  let codec = '';
  const agreed = (answer: string) => {
    const agreement = answer ? agree(offer, answer) : undefined;
    if (!agreement) return;
    codec = agreement.codec;
    stream.agree(agreement);
    stream.play({ kind: 'comfort-noise' });
  };
  let patience: TimerHandle | undefined;
  const result = await new Promise<SipDialog | SipFailure>((resolve) => {
    const call = stack.call(
      {
        requestUri: `sip:${called}@${trunk.domain}`,
        toUri: `sip:${called}@${trunk.domain}`,
        fromUri: `sip:${caller}@${trunk.domain}`,
        nextHop: trunk.nextHop,
        route: trunk.route,
        credentials: trunk.credentials,
        provisionalLimitMs: plan.answeredOptions ? SILENCE_MS : SILENCE_MS / 2,
        body: { type: 'application/sdp', content: offer },
      },
      {
        provisional: (response) => agreed(response.body),
        answered: (response, dialog) => {
          agreed(response.body);
          resolve(dialog);
        },
        failed: resolve,
        ended: () => {
          ended = true;
        },
      },
    );
    // Nobody has to ring for longer than this to be diagnosed.
    patience = clock.after(Math.max(20_000, plan.listenMs), () => call.cancel());
    stopped.addEventListener('abort', () => call.cancel(), { once: true });
  });
  patience?.cancel();
  if ('kind' in result) {
    const none = result.kind !== 'response';
    return {
      text: `${called}: ${wordsOf(result)}`,
      exit: none ? EXIT.vendorUnreachable : EXIT.callFailed,
      silent: result.kind === 'timeout',
    };
  }
  const until = clock.now() + plan.listenMs;
  if (plan.press !== undefined) {
    await sleepOn(clock, Math.min(1000, plan.listenMs));
    await stream.sendDigits(plan.press);
  }
  while (!ended && !stopped.aborted && clock.now() < until) await sleepOn(clock, 50);
  if (ended) return { text: `${called}: answered (${codec}), then the vendor hung up`, exit: EXIT.ok };
  const bye = await result.bye();
  const goodbye = bye.kind === 'response' ? `BYE answered ${bye.response.status}` : `BYE: ${wordsOf(bye)}`;
  return { text: `${called}: answered (${codec || 'no common codec'}), ${goodbye}`, exit: EXIT.ok };
}

/** @param unreadable what came and was no SIP */
function wordsOf(failure: SipFailure, unreadable?: string): string {
  if (failure.kind === 'response') {
    const { status, reason } = failure.response;
    const account = status === 401 || status === 407 || status === 403 ? ': check user name and password of the trunk' : '';
    return `refused with ${status} ${reason}${account}`;
  }
  if (failure.kind === 'timeout' && unreadable !== undefined) return `what answers there does not speak SIP: ${unreadable}`;
  if (failure.kind === 'timeout') return 'no answer at all: wrong address, a firewall, or our address is not on the whitelist';
  return failure.message;
}
