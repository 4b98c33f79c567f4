/** The number that a command dials where no scenario says: asked for, or the profile's first. Checked against the contract before anything is sent. */
import { liveTrunks } from '../engine/live-vendor.ts';
import { CallsurgeError } from '../errors.ts';
import { contractRules } from '../vendor/contract.ts';
import type { VendorProfile } from '../vendor/profile.ts';

/** @returns digits. @throws CallsurgeError `usage` where there is none, `contract-violation` where it, or a trunk's host, is not permitted. */
export function numberToDial(vendor: VendorProfile, asked: string | undefined): string {
  const { numbers = {}, contract } = vendor;
  const called =
    asked === undefined
      ? (Object.values(numbers)[0] ?? contract.called.find((pattern) => /^\d+$/.test(pattern)))
      : (numbers[asked] ?? asked);
  if (called === undefined)
    throw new CallsurgeError('usage', 'which number to dial?', { where: '--number', todo: 'give --number, or numbers in the profile' });
  const rules = contractRules(contract);
  const refusal = rules.number(called, rules.callerNumber(0));
  if (refusal) throw refusal;
  for (const { nextHop } of liveTrunks(vendor, process.env))
    if (!rules.target(nextHop.host))
      throw new CallsurgeError('contract-violation', `${nextHop.host} is not among the contract's targets`, {
        where: 'vendor.contract.targets',
        todo: 'add it if the vendor permits it',
      });
  return called;
}
