/** k6's options from K6_* environment variables. */
import { CallsurgeError } from '../errors.ts';

type Read = (text: string, where: string) => unknown;

const text: Read = (value) => value;
const whole: Read = (value, where) => {
  if (/^\d+$/.test(value)) return Number(value);
  throw new CallsurgeError('option-invalid', `"${value}" is not a whole number`, { where });
};
/** `10s:50,2m:100` */
const stages: Read = (value, where) =>
  value.split(',').map((part) => {
    const [, duration, target] = /^([^:]+):(\d+)$/.exec(part.trim()) ?? [];
    if (!duration)
      throw new CallsurgeError('option-invalid', `"${part}" is not a stage`, { where, todo: 'write duration:target, as 10s:50,2m:100' });
    return { duration, target: Number(target) };
  });

const VARIABLES: Record<string, [option: string, read: Read]> = {
  K6_VUS: ['vus', whole],
  K6_DURATION: ['duration', text],
  K6_ITERATIONS: ['iterations', whole],
  K6_STAGES: ['stages', stages],
  K6_EXECUTION_SEGMENT: ['executionSegment', text],
  K6_EXECUTION_SEGMENT_SEQUENCE: ['executionSegmentSequence', text],
  K6_SETUP_TIMEOUT: ['setupTimeout', text],
  K6_TEARDOWN_TIMEOUT: ['teardownTimeout', text],
  K6_MIN_ITERATION_DURATION: ['minIterationDuration', text],
  K6_SUMMARY_TREND_STATS: ['summaryTrendStats', (value) => value.split(',').map((stat) => stat.trim())],
};

/** @throws CallsurgeError `option-invalid`, naming the variable. */
export function optionsFromEnvironment(env: Record<string, string | undefined>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [variable, [option, read]] of Object.entries(VARIABLES)) {
    const value = env[variable];
    if (value !== undefined && value !== '') options[option] = read(value, variable);
  }
  return options;
}

/** `--stage 10s:50,2m:100` of the command line. */
export const parseStages = (value: string, where = '--stage') => stages(value, where) as { duration: string; target: number }[];
