/** The vendor's claims and other facts as run.json holds them: data of an older version or by hand, so nothing is taken for granted. */
import { durationMs } from '../duration.ts';
import type { RunMeta } from '../record/schema.ts';
import type { Claims, Contract, VendorProfile } from '../vendor/profile.ts';

export interface Terms {
  claims: Claims;
  contract: Partial<Contract>;
  /** T of the service level. */
  serviceLevelMs: number | null;
  /** Some method can show an agent on the line: agents of ours, or the vendor's signalling. */
  correlated: boolean;
  /** Calls go through the buyer's carrier; a number of ours behind it, where there is one. */
  viaCarrier: boolean;
  control: { called: string } | null;
  /** Agents of ours that stand ready. */
  agents: number;
  /** Skills of an agent of ours by its name (`support-1001`), as rows write them; undefined: not one of the profile's. */
  skillsOf(agent: string): string | undefined;
}

export function termsOf(meta: RunMeta): Terms {
  const vendor = (typeof meta.vendor === 'object' && meta.vendor !== null ? meta.vendor : {}) as Partial<VendorProfile>;
  const claims = vendor.claims ?? {};
  const own = (vendor.agents ?? []).filter(({ kind }) => kind === 'sip' || kind === 'phone');
  return {
    claims,
    contract: vendor.contract ?? {},
    serviceLevelMs: claims.serviceLevel ? durationMs(claims.serviceLevel.within, 'claims.serviceLevel.within') : null,
    correlated: own.length > 0 || vendor.signalling !== undefined,
    viaCarrier: vendor.access?.kind === 'carrier',
    control: vendor.access?.kind === 'carrier' ? (vendor.access.control ?? null) : null,
    agents: own.reduce((sum, { count }) => sum + count, 0),
    skillsOf: (agent) => {
      const group = own.find(({ name }) => name === agent.replace(/-\d+$/, ''));
      return group && (group.skills ?? []).join('+');
    },
  };
}
