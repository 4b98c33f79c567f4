/**
 * Where a 3xx or a REFER of the other side may lead: to hosts of the run's own trunks and to numbers that the contract permits, nowhere else. What
 * is not followed is recorded.
 */
import { parseSipUri } from '../sip/index.ts';
import type { NextHop } from '../sip/stack.ts';
import type { CallServices, LiveTrunk } from './services.ts';

export interface Elsewhere {
  number: string;
  trunk: LiveTrunk;
  /** The trunk's, at the port that they name. */
  nextHop: NextHop;
}

/** @returns undefined where it must not be followed. */
export function elsewhere(services: CallServices, uri: string, caller: string): Elsewhere | undefined {
  const target = parseSipUri(uri);
  const trunk = target && services.trunks.find(({ nextHop, domain }) => same(target.host, nextHop.host) || same(target.host, domain));
  if (!trunk) return undefined;
  const number = target.user.split(';', 1)[0]!;
  if (services.gate.check(number, caller)) return undefined;
  const { nextHop } = trunk;
  const port = same(target.host, nextHop.host) ? (target.port ?? nextHop.port) : nextHop.port;
  return { number, trunk, nextHop: { ...nextHop, port } };
}

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
