/** Reads the fault actions of fault-actions.ts field by field. What only the profile can tell is checked in `checkFaultAgainst`. */
import { isIP } from 'node:net';
import { CallsurgeError } from '../errors.ts';
import type { Fields } from '../schedule/fields.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import type { ContainerFault, NamespaceFault, OwnFault, ProcessFault, RelayFault } from './fault-actions.ts';

export type MoreFaults = ProcessFault | ContainerFault | NamespaceFault | RelayFault | OwnFault;
export const MORE_FAULT_KINDS = ['process', 'container', 'netns', 'relay', 'own'] as const;
export type MoreFaultKind = (typeof MORE_FAULT_KINDS)[number];

export const isMoreFault = (action: { kind: string }): action is MoreFaults =>
  (MORE_FAULT_KINDS as readonly string[]).includes(action.kind);

/** @throws CallsurgeError `option-invalid` */
export function readFault(kind: MoreFaultKind, fields: Fields): MoreFaults {
  switch (kind) {
    case 'process':
      return processFault(fields);
    case 'container':
      return containerFault(fields);
    case 'netns':
      return namespaceFault(fields);
    case 'relay':
      return relayFault(fields);
    case 'own':
      return ownFault(fields);
  }
}

function processFault(fields: Fields): ProcessFault {
  const signal = fields.oneOf('signal', ['STOP', 'TERM', 'KILL']);
  if (fields.has('pid') === fields.has('pidFile')) throw fields.invalid('pid', 'or pidFile must be given, one of the two');
  const restart = fields.has('restart') ? words(fields, 'restart') : undefined;
  if (signal === 'STOP' && restart) throw fields.invalid('restart', 'is for TERM and KILL: SIGCONT ends a STOP');
  return {
    kind: 'process',
    signal,
    ...(fields.has('pid') ? { pid: fields.integer('pid', 2) } : { pidFile: fields.string('pidFile') }),
    ...(restart ? { restart } : {}),
  };
}

function containerFault(fields: Fields): ContainerFault {
  const action = fields.oneOf('action', ['pause', 'kill', 'disconnect']);
  if (action === 'disconnect' && !fields.has('network')) throw fields.missing('network');
  return {
    kind: 'container',
    container: fields.string('container'),
    action,
    ...(fields.has('network') ? { network: fields.string('network') } : {}),
    ...(fields.has('socket') ? { socket: fields.string('socket') } : {}),
  };
}

function namespaceFault(fields: Fields): NamespaceFault {
  const action = fields.oneOf('action', ['drop', 'link-down', 'address-gone']);
  if (action === 'link-down') return { kind: 'netns', namespace: name(fields, 'namespace'), action, link: name(fields, 'link') };
  if (action === 'address-gone') {
    const at = { namespace: name(fields, 'namespace'), link: name(fields, 'link') };
    return { kind: 'netns', ...at, action, address: ipv4(fields, 'address', fields.string('address')) };
  }
  return {
    kind: 'netns',
    namespace: name(fields, 'namespace'),
    action,
    ...(fields.has('peer') ? { peer: address(fields, 'peer') } : {}),
    ...(fields.has('protocol') ? { protocol: fields.oneOf('protocol', ['udp', 'tcp']) } : {}),
    ...(fields.has('port') ? { port: fields.integer('port', 1) } : {}),
  };
}

function relayFault(fields: Fields): RelayFault {
  const fault: RelayFault = {
    kind: 'relay',
    ...(fields.has('trunk') ? { trunk: fields.string('trunk') } : {}),
    what: fields.oneOf('what', ['sip', 'rtp', 'both'], 'both'),
    direction: fields.oneOf('direction', ['to-vendor', 'from-vendor', 'both'], 'both'),
    ...shares(fields, ['loss', 'duplicate', 'reorder']),
    ...(fields.has('delay') ? { delay: fields.duration('delay') } : {}),
    ...(fields.has('jitter') ? { jitter: fields.duration('jitter') } : {}),
    ...(fields.boolean('blackHole', false) ? { blackHole: true } : {}),
    ...(fields.boolean('reset', false) ? { reset: true } : {}),
  };
  const harm = ['loss', 'delay', 'jitter', 'duplicate', 'reorder', 'blackHole', 'reset'] as const;
  if (!harm.some((field) => fault[field])) throw fields.invalid('loss', `is missing: give one of ${harm.join(', ')}`);
  return fault;
}

function ownFault(fields: Fields): OwnFault {
  const action = fields.oneOf('action', ['trunk-down', 'agents-off', 'address-gone', 'dns-answer']);
  switch (action) {
    case 'trunk-down':
      return { kind: 'own', action, trunk: fields.string('trunk') };
    case 'agents-off':
      return { kind: 'own', action, ...(fields.has('group') ? { group: fields.string('group') } : {}), ...shares(fields, ['share']) };
    case 'address-gone':
      return { kind: 'own', action, ...(fields.has('address') ? { address: fields.string('address') } : {}) };
    case 'dns-answer':
      return {
        kind: 'own',
        action,
        name: fields.string('name'),
        answer: nameAnswer(fields),
        ...(fields.has('ttl') ? { ttl: fields.duration('ttl', undefined, 1000) } : {}),
      };
  }
}

function nameAnswer(fields: Fields): string[] | 'not-found' | 'no-answer' {
  const answer = fields.raw('answer');
  if (answer === 'not-found' || answer === 'no-answer') return answer;
  if (!Array.isArray(answer) || answer.length === 0 || !answer.every((one) => typeof one === 'string' && isIP(one) !== 0))
    throw fields.invalid('answer', 'must be a list of addresses, "not-found" or "no-answer"');
  return answer as string[];
}

function shares<const N extends string>(fields: Fields, names: readonly N[]): { [K in N]?: number } {
  const read: { [K in N]?: number } = {};
  for (const field of names) {
    const value = fields.raw(field);
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw fields.invalid(field, 'must be from 0 to 1');
    read[field] = value;
  }
  return read;
}

function words(fields: Fields, field: string): string[] {
  const value = fields.raw(field);
  if (!Array.isArray(value) || value.length === 0 || !value.every((word) => typeof word === 'string' && word !== ''))
    throw fields.invalid(field, 'must be a list of texts: program and arguments');
  return value as string[];
}

/** Goes to a command as an argument: nothing that could be read as an option. */
function name(fields: Fields, field: string): string {
  const value = fields.string(field);
  if (!/^[A-Za-z0-9][\w.-]*$/.test(value)) throw fields.invalid(field, 'must be letters, digits, dots and dashes');
  return value;
}

function ipv4(fields: Fields, field: string, value: string): string {
  if (isIP(value) !== 4) throw fields.invalid(field, 'must be an IPv4 address');
  return value;
}

function address(fields: Fields, field: string): string {
  const value = fields.string(field);
  if (!/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(value)) throw fields.invalid(field, 'must be an IPv4 address or block');
  return value;
}

/** What only the profile can tell. @throws CallsurgeError `option-invalid` */
export function checkFaultAgainst(action: MoreFaults, where: string, profile: VendorProfile): void {
  const trunks = profile.trunks.map((trunk) => trunk.name);
  const unknown = (field: string, what: string, known: readonly string[]) =>
    new CallsurgeError('option-invalid', what, { where: `${where}.${field}`, todo: `there are ${known.join(', ') || 'none'}` });
  if ((action.kind === 'relay' || (action.kind === 'own' && action.action === 'trunk-down')) && action.trunk !== undefined)
    if (!trunks.includes(action.trunk)) throw unknown('trunk', `${profile.name} has no trunk "${action.trunk}"`, trunks);
  if (action.kind === 'relay') checkRelay(action.trunk, where, profile);
  if (action.kind !== 'own') return;
  if (action.action === 'address-gone') checkOwnAddress(action.address, where, profile);
  if (action.action === 'dns-answer') checkNameAnswer(action, where, profile);
  if (action.action === 'trunk-down' && trunks.length < 2)
    throw new CallsurgeError('option-invalid', 'no call could be made with the only trunk down', {
      where: `${where}.trunk`,
      todo: 'use a relay fault, or give the profile another trunk',
    });
  const groups = (profile.agents ?? []).filter(({ kind }) => kind === 'sip').map((group) => group.name);
  if (action.action === 'agents-off' && groups.length === 0)
    throw new CallsurgeError('option-invalid', `${profile.name} has no agents that register`, { where });
  if (action.action === 'agents-off' && action.group !== undefined && !groups.includes(action.group))
    throw unknown('group', `there is no group "${action.group}" of SIP agents`, groups);
}

/** @param trunk undefined: all of them. @throws CallsurgeError `option-invalid` where our relay cannot stand in the way. */
export function checkRelay(trunk: string | undefined, where: string, { trunks }: VendorProfile): void {
  const sealed = trunks.find(
    ({ name, transport }) => (trunk === undefined || name === trunk) && transport !== undefined && !['udp', 'tcp'].includes(transport),
  );
  if (!sealed) return;
  throw new CallsurgeError(
    'option-invalid',
    `our relay cannot carry the trunk "${sealed.name}": nobody can read or rewrite ${sealed.transport}`,
    {
      where,
      todo: 'name a udp or tcp trunk, or use a fault of kind netns, container, command or manual',
    },
  );
}

/** What the fault holds while it lasts: two faults with the same at once would end each other. */
export function heldBy(action: MoreFaults): string {
  switch (action.kind) {
    case 'process':
      return `process ${action.pid ?? action.pidFile}`;
    case 'container':
      return `container ${action.container}`;
    case 'netns':
      return `netns ${JSON.stringify(action)}`;
    case 'relay':
      return `relay ${action.trunk ?? ''}`;
    case 'own':
      return `own ${ownHeld(action)}`;
  }
}

function ownHeld(action: OwnFault): string {
  switch (action.action) {
    case 'trunk-down':
      return `trunk ${action.trunk}`;
    case 'agents-off':
      return 'agents';
    case 'address-gone':
      return 'address';
    case 'dns-answer':
      return `name ${action.name.toLowerCase()}`;
  }
}

function checkOwnAddress(address: string | undefined, where: string, { local, name }: VendorProfile): void {
  const known = local?.addresses ?? [];
  if (address === undefined || known.includes(address)) return;
  throw new CallsurgeError('option-invalid', `${address} is not among our addresses for ${name}`, {
    where: `${where}.address`,
    todo: known.length > 0 ? `there are ${known.join(', ')}` : 'leave it out, or name it in vendor.local.addresses',
  });
}

/** The name must be one that is asked for. That the contract permits the answer is checked by faults/plan.ts. */
function checkNameAnswer({ name }: OwnFault & { action: 'dns-answer' }, where: string, profile: VendorProfile): void {
  const hosts = [
    ...profile.trunks.map((trunk) => (trunk.proxy ?? trunk).host),
    ...(profile.agents ?? []).flatMap(({ registrar }) => (registrar ? [registrar.host] : [])),
  ];
  const names = [...new Set(hosts.filter((host) => isIP(host) === 0).map((host) => host.toLowerCase()))];
  if (!names.includes(name.toLowerCase()))
    throw new CallsurgeError('option-invalid', `nobody is asked for "${name}": ${profile.name} has no trunk or registrar of that name`, {
      where: `${where}.name`,
      todo: names.length > 0 ? `there are ${names.join(', ')}` : 'every host of the profile is an address',
    });
}

/** Behind our relay nobody asks for the trunk's name any more. @throws CallsurgeError `option-invalid` */
export function checkNamesOfRelay(
  { relay, faults }: { relay?: boolean; faults: readonly { do: { kind: string } }[] },
  { trunks }: VendorProfile,
): void {
  const own = faults.flatMap(({ do: action }) => (isMoreFault(action) ? [action] : []));
  const relays = own.filter((action) => action.kind === 'relay');
  const asked = trunks.filter(({ name }) => !relay && !relays.some(({ trunk }) => trunk === undefined || trunk === name));
  for (const [i, { do: action }] of faults.entries()) {
    if (!isMoreFault(action) || action.kind !== 'own' || action.action !== 'dns-answer') continue;
    const wanted = action.name.toLowerCase();
    const isOf = (trunk: VendorProfile['trunks'][number]) => (trunk.proxy ?? trunk).host.toLowerCase() === wanted;
    if (!trunks.some(isOf) || asked.some(isOf)) continue;
    throw new CallsurgeError('option-invalid', `behind our relay nobody asks for "${action.name}" any more`, {
      where: `surge.faults[${i}].do.name`,
      todo: 'leave the relay out, or name the trunks that it is for',
    });
  }
}
