/** The extensions that we speak, by option tag (RFC 3261 20.32, 20.37), and what of them the other side asks or offers. */
import type { SipMessage } from './stack.ts';

/** 100rel: RFC 3262. timer: RFC 4028. */
const OURS = ['100rel', 'timer'];

export const SUPPORTED = OURS.join(', ');

export function supports(message: SipMessage, tag: string): boolean {
  return message.headers('supported').some((value) => value.toLowerCase() === tag);
}

export function requires(message: SipMessage, tag: string): boolean {
  return message.headers('require').some((value) => value.toLowerCase() === tag);
}

/** What of `Require` we do not speak: the Unsupported of a 420 (RFC 3261 8.2.2.3). Reliability belongs to INVITE alone (RFC 3262 3). */
export function unsupported(request: SipMessage): string[] {
  return request.headers('require').filter((value) => {
    const tag = value.toLowerCase();
    return !OURS.includes(tag) || (tag === '100rel' && request.cseqMethod !== 'INVITE');
  });
}

/** `UPDATE` in their Allow (RFC 3311 4). */
export function allows(message: SipMessage, method: string): boolean {
  return message.headers('allow').some((value) => value.toUpperCase() === method);
}
