/** What we call ourselves in Via and Contact where the socket listens on every address. */
import { networkInterfaces } from 'node:os';

/**
 * The bound address; for 0.0.0.0 or :: the machine's first outward address of that family, or its loopback where it has none. A machine with
 * several outward addresses should be told which: by `bind` or by `advertise`.
 */
export function ownAddress(bound: string, interfaces = networkInterfaces()): string {
  if (bound !== '0.0.0.0' && bound !== '::') return bound;
  const family = bound === '::' ? 'IPv6' : 'IPv4';
  const addresses = Object.values(interfaces).flatMap((list) => list ?? []);
  const outward = addresses.find((it) => it.family === family && !it.internal && !it.address.toLowerCase().startsWith('fe80:'));
  return outward?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}
