/** Secrets of a vendor profile: read from the environment where they are used, never stored. */
import { CallsurgeError } from '../errors.ts';
import type { AgentGroup, Secret, VendorProfile } from './profile.ts';

type Environment = Record<string, string | undefined>;

/** @throws CallsurgeError `secret-missing`, naming the variable and the field that wants it. */
export function readSecret(secret: Secret, field: string, environment: Environment = process.env): string {
  const value = environment[secret.env];
  if (value) return value;
  throw new CallsurgeError('secret-missing', `${field} needs the environment variable ${secret.env}`, {
    where: field,
    todo: `set it: export ${secret.env}=…`,
  });
}

export interface Account {
  username: string;
  password: string;
}

/**
 * The accounts of an agent group. `{n}` is the agent's number: in the username; in the value of a common password (`secret{n}` gives secret1001,
 * secret1002 …); and in the *name* of a `perAccount` variable (`AGENT_{n}`).
 * @throws CallsurgeError `secret-missing`.
 */
export function accountsOf(group: AgentGroup, field: string, environment: Environment = process.env): Account[] {
  const { accounts, count } = group;
  if (!accounts) return [];
  const { username, password, first = 1 } = accounts;
  const where = `${field}.accounts.password`;
  return Array.from({ length: count }, (_, i) => {
    const numbered = (text: string) => text.replaceAll('{n}', String(first + i));
    const secret = 'perAccount' in password ? { env: numbered(password.perAccount.env) } : password;
    const value = readSecret(secret, where, environment);
    return { username: numbered(username), password: 'perAccount' in password ? value : numbered(value) };
  });
}

/** Asks for every secret once, so that a missing one is found before anything is sent. @throws CallsurgeError `secret-missing`. */
export function checkSecrets(profile: VendorProfile, environment: Environment = process.env): void {
  for (const [i, group] of (profile.agents ?? []).entries()) accountsOf(group, `vendor.agents[${i}]`, environment);
  for (const { field, secret } of secretsIn(profile)) if (!secret.env.includes('{n}')) readSecret(secret, field, environment);
}

/**
 * The profile for run.json. Secrets stand as `{ env: NAME }` already; what must go is what was written in clear: the embedded vendor's own passwords,
 * and headers of hooks, which often carry a token.
 */
export function withoutSecrets(profile: VendorProfile): VendorProfile {
  const copy = structuredClone(profile);
  if (copy.embedded?.trunkCredentials) copy.embedded.trunkCredentials.password = HIDDEN;
  for (const account of copy.embedded?.accounts ?? []) account.password = HIDDEN;
  const hooks = [
    ...Object.values(copy.hooks?.scale ?? {}),
    ...Object.values(copy.hooks?.faults ?? {}).flatMap(({ start, end }) => [start, end]),
  ];
  for (const hook of hooks) {
    if (!hook || !('http' in hook) || !hook.headers) continue;
    for (const [name, value] of Object.entries(hook.headers))
      if (typeof value === 'string' && !HARMLESS.test(name)) hook.headers[name] = HIDDEN;
  }
  return copy;
}

const HIDDEN = '***';
const HARMLESS = /^(accept|content-type|user-agent)$/i;

function secretsIn(value: unknown, field = 'vendor'): { field: string; secret: Secret }[] {
  if (typeof value !== 'object' || value === null) return [];
  if (field.startsWith('vendor.embedded')) return [];
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === 'env' && typeof (value as Secret).env === 'string') return [{ field, secret: value as Secret }];
  return Object.entries(value).flatMap(([key, part]) => secretsIn(part, Array.isArray(value) ? `${field}[${key}]` : `${field}.${key}`));
}
