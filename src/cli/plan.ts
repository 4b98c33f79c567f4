/** `callsurge plan`: what a run would do, and what stands in its way. Sends nothing. */
import { Command } from 'commander';
import { formatDuration } from '../duration.ts';
import { header } from '../schedule/plan.ts';
import type { Trunk } from '../vendor/profile.ts';
import { chart } from './chart.ts';
import { EXIT } from './exit-codes.ts';
import { type InputFlags, type Inputs, langOption, loadInputs, withInputFlags } from './inputs.ts';
import { letter } from './letter.ts';
import { planFigures, type VendorPlanFigures } from './plan-figures.ts';
import { queueLines } from './plan-queue.ts';
import { redialLines } from './plan-redials.ts';

interface PlanFlags extends InputFlags {
  letter?: boolean;
  lang: 'en' | 'zh-CN';
}

export function planCommand(): Command {
  return withInputFlags(new Command('plan'))
    .description('print what a run would do, and every conflict with the test contract; sends nothing')
    .argument('<scenario>', 'TypeScript file')
    .option('--letter', 'print the application to the vendor instead (压测申请函)')
    .addOption(langOption('zh-CN'))
    .addHelpText(
      'after',
      `
Examples:
  callsurge plan scenarios/midnight-spike.ts --vendor vendors/vendor-a.ts
  callsurge plan scenarios/midnight-spike.ts --vendor vendors/vendor-a.ts --letter --lang zh-CN > letter.txt`,
    )
    .action(async (file: string, flags: PlanFlags) => {
      const inputs = await loadInputs(file, flags);
      const figures = planFigures(inputs);
      console.log(flags.letter ? letterOf(inputs, figures, flags.lang) : planText(inputs, figures));
      if (figures.conflicts.length > 0) process.exitCode = EXIT.invalidConfig;
    });
}

/** `edge tls:sbc.example:5061`; without a port SRV records decide. */
const trunkWords = ({ name, host, port, transport = 'udp', proxy }: Trunk) =>
  `${name} ${transport}:${host}${port === undefined ? '' : `:${port}`}${proxy ? ` by way of ${proxy.host}` : ''}`;

const one = (value: number) => (Math.round(value * 10) / 10).toString();

function planText({ plan, surge, vendor, scenario, options, workers }: Inputs, f: VendorPlanFigures): string {
  const lines = [
    `scenario  ${scenario.file}: ${scenario.title}`,
    `vendor    ${vendor.title ?? vendor.name}: ${vendor.trunks.map(trunkWords).join(', ')}`,
    '',
    ...header(plan),
    '',
    ...chart(f.series.rate, { totalLabel: formatDuration(plan.totalMs), unit: 'calls/s' }),
    '',
    `calls             ${f.calls}, about ${one(f.callMinutes)} call minutes`,
    `peak rate         ${one(f.peakRate)} calls/s, ${f.busiestSecond} in the busiest second (contract: ${vendor.contract.maxCallsPerSecond})`,
    `concurrency       about ${Math.round(f.peakConcurrent)} channels at ${formatDuration(Math.round(f.peakConcurrentAtMs))} (contract: ${vendor.contract.maxChannels})`,
    ...f.scenarios.map(
      (s) =>
        `VUs               ${s.name}: ${s.vusNeeded} needed (rate × ${formatDuration(s.callLengthMs)} call length), ${s.vusPlanned} planned`,
    ),
    `ports             ${f.ports} for RTP and RTCP`,
    `bandwidth         ${one(f.mbitPerSecond.ip)} Mbit/s each way at the IP layer, ${one(f.mbitPerSecond.ethernet)} with Ethernet`,
    `source addresses  ${f.sources.join(', ')} (${f.sourceAddresses} needed)`,
    `cores             ${f.cores.total} needed (signalling ${one(f.cores.signalling)}, media ${one(f.cores.media)}), ${workers} workers`,
    `seed              ${surge.seed}, arrivals ${surge.replayed ? `replayed from ${surge.replayed.file}` : surge.arrivals}, media ${surge.media}`,
  ];
  const assumed = [...new Set(f.scenarios.map(({ callLengthMs }) => formatDuration(callLengthMs)))].join(', ');
  lines.push(
    `assumed           call length ${assumed} (surge.callLength), ${f.assumptions.callsPerSecondPerCore} calls/s and ${f.assumptions.legsPerCore} legs with RTP a core`,
  );
  if (f.queue) lines.push(...queueLines(f.queue), ...redialLines(f.redials, surge, f));
  for (const { name, atMs, forMs, repeat, expectedMs } of surge.faults)
    lines.push(
      `fault             ${name} at ${formatDuration(atMs)} for ${formatDuration(forMs)}` +
        (repeat ? `, ${repeat.times} times every ${formatDuration(repeat.everyMs)}` : '') +
        (expectedMs === undefined ? '' : expectedMs === 0 ? ', without any loss' : `, at most ${formatDuration(expectedMs)} out`),
    );
  for (const { name, atMs, target } of surge.scaling)
    lines.push(`scaling           ${name} at ${formatDuration(atMs)} to ${target} answered calls`);
  for (const { claim, why } of f.undecided) lines.push(`cannot decide     ${claim}: ${why}`);
  for (const warning of [...options.warnings, ...f.warnings]) lines.push(`warning           ${warning}`);
  if (f.conflicts.length === 0) lines.push('', 'contract          no conflict; nothing was sent');
  else
    lines.push(
      '',
      ...f.conflicts.map((conflict) => `CONFLICT          ${conflict}`),
      'a run is refused until these are settled; nothing was sent',
    );
  return lines.join('\n');
}

function letterOf({ plan, surge, vendor, scenario }: Inputs, f: VendorPlanFigures, language: 'en' | 'zh-CN'): string {
  return letter(
    {
      scenario: scenario.file.split('/').at(-1)!,
      title: scenario.title,
      totalMinutes: plan.totalMs / 60_000,
      // With redials, where the scenario expects them: the vendor sees those, too.
      peakCallsPerSecond: Math.max(f.peakRate, f.busiestSecond, f.redials?.storm.peakRate ?? 0),
      peakChannels: Math.max(f.peakConcurrent, f.redials?.storm.peakInside ?? 0),
      calls: Math.max(f.calls, Math.ceil(f.redials?.storm.calls ?? 0)),
      callMinutes: f.callMinutes,
      mbitPerSecond: f.mbitPerSecond.ip,
      sources: f.sources,
      faults: surge.faults.map(({ name, atMs, forMs }) => `${name} (${formatDuration(atMs)} + ${formatDuration(forMs)})`),
      scaling: surge.scaling.map(({ name, atMs }) => `${name} (${formatDuration(atMs)})`),
    },
    vendor,
    language,
    new Date().toISOString().slice(0, 10),
  );
}
