/** Takes out of a SIP message what must stand in no record: answers to challenges (RFC 3261 22), and keys of SRTP (RFC 4568). */

/** Folded lines belong to the value (RFC 3261 7.3.1). */
const CREDENTIALS = /^((?:Proxy-)?Authorization[ \t]*:[ \t]*)([A-Za-z]*)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gim;
const KEYS = /^(a=crypto:.*\binline:)[^\r\n]*/gim;

export function redacted(message: string): string {
  return message.replace(CREDENTIALS, '$1$2 [redacted]').replace(KEYS, '$1[redacted]');
}
