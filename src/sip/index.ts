/** The SIP stack: what the rest of callsurge may use of it. */

export { AddressSwitch } from './address-switch.ts';
export { CallTraces, type TracedPacket } from './call-traces.ts';
export { createSipStack } from './create.ts';
export { type Challenge, checkDigest, digestResponse, parseChallenge } from './digest.ts';
export { defaultPort, nameService } from './dns.ts';
export type { TlsSide } from './links.ts';
export { hostInUri, type NameAddr, param, parseNameAddr, parseSipUri, type SipUri, splitList } from './message/fields.ts';
export { type NameAnswer, NameView } from './name-view.ts';
export { ownAddress } from './own-address.ts';
export { redacted } from './redact.ts';
export type * from './stack.ts';
export { createSipStacks, type SipStacksOptions } from './stacks.ts';
