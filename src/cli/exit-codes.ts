/**
 * Exit codes, as documented in README and `callsurge --help`. Those up to 119 are k6's; ours begin at 120.
 */
import { CallsurgeError, type ErrorCode } from '../errors.ts';

export const EXIT = {
  ok: 0,
  thresholdFailed: 99,
  invalidConfig: 104,
  stoppedBySignal: 105,
  scriptThrew: 107,
  aborted: 108,
  vendorUnreachable: 120,
  portInUse: 121,
  folderUnwritable: 122,
  claimFailed: 123,
  runNotValid: 124,
  machineLimit: 125,
  callFailed: 126,
  internal: 1,
} as const;

export const EXIT_MEANINGS: Record<keyof typeof EXIT, string> = {
  ok: 'the run ended as planned and every threshold and claim held',
  thresholdFailed: 'a threshold failed, or had no sample',
  invalidConfig: 'scenario, vendor profile, options or test contract cannot be used; nothing was sent',
  stoppedBySignal: 'stopped by Ctrl-C or SIGTERM; calls were hung up and the report written',
  scriptThrew: 'the scenario threw in its init code, setup() or teardown()',
  aborted: 'the test aborted itself: abortOnFail, an abort rule, or test.abort()',
  vendorUnreachable: 'no trunk of the vendor answers',
  portInUse: 'a local address or port cannot be had',
  folderUnwritable: 'the run folder cannot be written',
  claimFailed: 'a claim of the vendor was measured and does not hold',
  runNotValid: 'the instrument itself was the limit: no verdict from this run',
  machineLimit: 'this machine cannot play the plan (open files, ports, cores)',
  callFailed: 'doctor: the vendor answered, but not the call',
  internal: 'a defect in callsurge',
};

const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  'scenario-not-found': EXIT.invalidConfig,
  'scenario-syntax': EXIT.invalidConfig,
  'scenario-invalid': EXIT.invalidConfig,
  'option-invalid': EXIT.invalidConfig,
  'vendor-invalid': EXIT.invalidConfig,
  'secret-missing': EXIT.invalidConfig,
  'contract-violation': EXIT.invalidConfig,
  'threshold-invalid': EXIT.invalidConfig,
  usage: EXIT.invalidConfig,
  'run-folder-invalid': EXIT.invalidConfig,
  'log-invalid': EXIT.invalidConfig,
  'mapping-invalid': EXIT.invalidConfig,
  'scenario-threw': EXIT.scriptThrew,
  'vendor-unreachable': EXIT.vendorUnreachable,
  'port-in-use': EXIT.portInUse,
  'folder-unwritable': EXIT.folderUnwritable,
  'machine-limit': EXIT.machineLimit,
};

/** Exit code for something thrown. */
export function exitCodeOf(thrown: unknown): number {
  return (thrown instanceof CallsurgeError ? BY_ERROR[thrown.code] : undefined) ?? EXIT.internal;
}
