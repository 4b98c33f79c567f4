/** A vendor profile, checked: every message names the field, as `vendor.trunks[0].host`. */
import * as v from 'valibot';
import { CallsurgeError, nearest } from '../errors.ts';
import type { VendorProfile } from './profile.ts';
import { knownFields, VENDOR } from './schema.ts';

/** @throws CallsurgeError `vendor-invalid`, for the first thing that is wrong. */
export function checkVendor(raw: unknown, file?: string): VendorProfile {
  const result = v.safeParse(VENDOR, raw, { abortEarly: false });
  if (!result.success) throw problemOf(result.issues, file);
  const profile = result.output as VendorProfile;
  checkTogether(profile, (field, what, todo) => new CallsurgeError('vendor-invalid', what, { where: at(field, file), todo }));
  return profile;
}

const at = (field: string, file: string | undefined) => (file ? `${field} in ${file}` : field);

type Issue = v.BaseIssue<unknown>;

function problemOf(issues: readonly Issue[], file: string | undefined): CallsurgeError {
  // A misspelt field often hides behind "x is missing": say the misspelling.
  const issue = deepest(issues.find((one) => isUnknown(one)) ?? issues[0]!);
  const path = (issue.path ?? []).map((part) => part.key as string | number);
  const where = at(fieldName(path), file);
  const field = lastName(path);
  if (isUnknown(issue)) {
    const known = knownFields(path.slice(0, -1));
    const meant = nearest(field, known);
    return new CallsurgeError('vendor-invalid', `unknown field "${field}"`, {
      where,
      todo: meant ? `did you mean ${meant}` : known.length > 0 ? `known are ${known.join(', ')}` : undefined,
    });
  }
  const missing = issue.input === undefined && path.length > 0;
  const own = issue.message.startsWith('Invalid ') ? `is not as it should be: ${issue.message}` : issue.message;
  return new CallsurgeError('vendor-invalid', missing ? `${field} is missing` : `${field} ${own}`, {
    where,
    todo: missing && !issue.message.startsWith('Invalid ') ? `it ${issue.message}` : undefined,
  });
}

const isUnknown = (issue: Issue) => issue.type === 'strict_object' && issue.expected === 'never';

/** A union reports as a whole; where one of its shapes came further than the others, that shape's own issue says more. */
function deepest(issue: Issue): Issue {
  const inner = (issue.issues ?? []).filter((one) => (one.path?.length ?? 0) > (issue.path?.length ?? 0));
  return inner.length === 1 ? { ...inner[0]!, path: inner[0]!.path } : issue;
}

/** An item of a list is named with its list. */
const lastName = (path: readonly (string | number)[]) =>
  typeof path.at(-1) === 'number' ? `${path.at(-2) ?? ''}[${path.at(-1)}]` : String(path.at(-1) ?? 'the profile');

const fieldName = (path: readonly (string | number)[]) =>
  path.reduce<string>((name, key) => (typeof key === 'number' ? `${name}[${key}]` : `${name}.${key}`), 'vendor');

type Problem = (field: string, what: string, todo?: string) => CallsurgeError;

/** What concerns several fields. */
function checkTogether(profile: VendorProfile, problem: Problem): void {
  unique(profile.trunks, 'trunks', problem);
  unique(profile.agents ?? [], 'agents', problem);
  for (const [i, group] of (profile.agents ?? []).entries()) {
    const where = `vendor.agents[${i}]`;
    if (group.kind === 'sip' && !group.accounts)
      throw problem(`${where}.accounts`, 'accounts are missing', 'agents of kind sip register: give username and password');
    if (group.kind === 'phone' && !group.numbers)
      throw problem(`${where}.numbers`, 'numbers are missing', 'agents of kind phone are called: say under which numbers');
    if (group.kind === 'phone' && !profile.local?.sipPort)
      throw problem('vendor.local.sipPort', 'sipPort is missing', 'the vendor calls phone agents there: give it a port that stays');
    if (group.numbers && group.count > 1 && !group.numbers.number.includes('{n}'))
      throw problem(`${where}.numbers.number`, `${group.count} agents would share one number`, 'put {n} where the number goes');
    if (group.accounts && group.count > 1 && !group.accounts.username.includes('{n}'))
      throw problem(`${where}.accounts.username`, `${group.count} agents would share one account`, 'put {n} where the number goes');
    if ((group.noAnswer ?? 0) + (group.reject ?? 0) > 1) throw problem(`${where}.reject`, 'noAnswer and reject together are above 1');
  }
  const { cert, key } = profile.local?.tls ?? {};
  if ((cert === undefined) !== (key === undefined))
    throw problem(
      `vendor.local.tls.${cert === undefined ? 'cert' : 'key'}`,
      'a certificate and its key belong together',
      'give both or neither',
    );
  const path = profile.trunks.find((trunk) => trunk.path !== undefined)?.path;
  for (const [i, trunk] of profile.trunks.entries()) {
    const secure = trunk.transport === 'tls' || trunk.transport === 'wss';
    const web = trunk.transport === 'ws' || trunk.transport === 'wss';
    if (trunk.tlsName !== undefined && !secure)
      throw problem(`vendor.trunks[${i}].tlsName`, `${trunk.transport ?? 'udp'} shows no certificate`, 'leave it out');
    if (trunk.path !== undefined && !web)
      throw problem(`vendor.trunks[${i}].path`, `${trunk.transport ?? 'udp'} has no path`, 'leave it out');
    if (web && trunk.path !== path)
      throw problem(`vendor.trunks[${i}].path`, 'WebSocket trunks of one profile share one path', `write ${path}`);
  }
  const control = profile.access?.kind === 'carrier' ? profile.access.control : undefined;
  if (control?.trunk && !profile.trunks.some(({ name }) => name === control.trunk))
    throw problem('vendor.access.control.trunk', `there is no trunk "${control.trunk}"`);
  const [from, to] = profile.local?.rtpPorts ?? [1, 2];
  if (to <= from) throw problem('vendor.local.rtpPorts', `${from} to ${to} holds no ports`, 'write [from, to] with from below to');
}

function unique(list: readonly { name: string }[], field: string, problem: Problem): void {
  for (const [i, { name }] of list.entries())
    if (list.findIndex((other) => other.name === name) !== i)
      throw problem(`vendor.${field}[${i}].name`, `the name "${name}" is used twice`);
}
