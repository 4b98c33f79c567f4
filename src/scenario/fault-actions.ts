/** What a fault of `surge.faults` may do beyond the vendor's own hooks (docs/faults.md). Plain data, re-exported by surge.ts. */
import type { Duration } from '../duration.ts';

/** A process on this machine, by id or by the file that holds it. */
export interface ProcessFault {
  kind: 'process';
  /** STOP freezes it and CONT ends the fault; TERM and KILL end it, and `restart` starts it again. */
  signal: 'STOP' | 'TERM' | 'KILL';
  pid?: number;
  pidFile?: string;
  /** Program and arguments, never through a shell; must come back by itself once the process runs. Not for STOP. */
  restart?: string[];
}

/** A container, by the Docker Engine API. */
export interface ContainerFault {
  kind: 'container';
  /** Name or id. */
  container: string;
  action: 'pause' | 'kill' | 'disconnect';
  /** For disconnect: of which network. */
  network?: string;
  /** Default DOCKER_HOST, else /var/run/docker.sock. */
  socket?: string;
}

/** A named network namespace of this machine (`ip netns`), as root. */
export interface NamespaceFault {
  kind: 'netns';
  namespace: string;
  action: 'drop' | 'link-down' | 'address-gone';
  /** For drop: packets to and from that address or block; default: all. */
  peer?: string;
  protocol?: 'udp' | 'tcp';
  /** For drop: the peer's port. */
  port?: number;
  /** For link-down and address-gone: the interface. */
  link?: string;
  /** For address-gone: an address of that interface, without its length. It counts as ours where `local.addresses` names it. */
  address?: string;
}

/** How our own relay harms what passes. Shares are 0…1, drawn from the run's seed; each way on its own. */
export interface Impairment {
  loss?: number;
  /** Added to each packet. */
  delay?: Duration;
  /** Up to so much more, uniform. */
  jitter?: Duration;
  duplicate?: number;
  /** Share that is held back behind the next packets (by 20 ms or the jitter, whichever is more). */
  reorder?: number;
  /** Nothing passes. */
  blackHole?: boolean;
  /** TCP: connections are reset, and new ones refused for as long as the fault lasts. */
  reset?: boolean;
}

/** Our own relay between generator and vendor. The run starts it for the trunks that its faults name. No root. */
export interface RelayFault extends Impairment {
  kind: 'relay';
  /** Default: every trunk. */
  trunk?: string;
  /** Default both. */
  what?: 'sip' | 'rtp' | 'both';
  /** Default both. */
  direction?: 'to-vendor' | 'from-vendor' | 'both';
}

/** Our own side fails. */
export type OwnFault =
  /** No new calls over it; calls in progress go on. Needs another trunk. */
  | { kind: 'own'; action: 'trunk-down'; trunk: string }
  /** Agents remove their registrations and register again at the end. Default: all groups, all of a group. */
  | { kind: 'own'; action: 'agents-off'; group?: string; share?: number }
  /**
   * Our own source address is gone: what is bound to it sends nothing and hears nothing, SIP and RTP. Needs no root; for `ip addr del` itself see netns.
   * Default: every address of ours; else one of `local.addresses`.
   */
  | { kind: 'own'; action: 'address-gone'; address?: string }
  /**
   * What we are told a host of the profile to be: these addresses (of the contract's targets), that there is no such name, or nothing at all. New
   * calls ask once the answer before has lived out its TTL; calls in progress stay where they are. `ttl` is that of the changed answer, default 5s.
   */
  | { kind: 'own'; action: 'dns-answer'; name: string; answer: string[] | 'not-found' | 'no-answer'; ttl?: Duration };

export interface Repeat {
  /** From start to start; more than `for`. */
  every: Duration;
  /** How often in all, at least 2. */
  times: number;
}
