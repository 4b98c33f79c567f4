/** The SIP stack: what the rest of callsurge may use of it. */
export { createSipStack } from './create.ts';
export { type Challenge, checkDigest, digestResponse, parseChallenge } from './digest.ts';
export { type NameAddr, param, parseNameAddr, parseSipUri, type SipUri, splitList } from './message/fields.ts';
export type * from './stack.ts';
