/**
 * Where the other side is: what it said in SDP, and where its packets really come from (symmetric RTP, RFC 4961: through NAT they differ).
 *
 *   packet from            before agreement   after, nothing adopted   another source adopted
 *   the agreed address     -                  adopted                  adopted (it is who was agreed upon)
 *   the source left by a   -                  foreign for STRAGGLE_MS, foreign
 *   re-negotiation                            then as anywhere else
 *   anywhere else          taken, unjudged    adopted                  foreign
 */
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import type { MediaAgreement } from './stream.ts';

/** Packets of the old source may still be on their way this long after a re-negotiation; a NAT may keep it as the new one's. */
const STRAGGLE_MS = 500;

interface Address {
  host: string;
  port: number;
}

export class Remote {
  /** Where RTP goes; port 0: nowhere. */
  host = '';
  port = 0;
  rtcpHost = '';
  rtcpPort = 0;
  #agreed: Address | undefined;
  #adopted: Address | undefined;
  #left: Address | undefined;
  #agreedAt = 0;

  /** A hold names no new place (0.0.0.0, or the old one): what was adopted stays. */
  agree(agreement: MediaAgreement, now: number): void {
    const { remote, remoteRtcp } = agreement;
    if (agreement.direction === 'inactive' && this.#agreed) return;
    if (this.#agreed && this.#agreed.host === remote.host && this.#agreed.port === remote.port) return;
    this.#left = this.#adopted;
    this.#adopted = undefined;
    this.#agreedAt = now;
    const agreed = { ...remote };
    this.#agreed = agreed;
    this.#send(remote.host, remote.port, remoteRtcp);
    if (isIP(remote.host) !== 0 || remote.port === 0) return;
    // A name in c= (RFC 8866 5.7): nothing is sent until it is resolved, nor ever if it cannot be.
    this.port = 0;
    lookup(remote.host, { order: 'ipv4first' }, (error, address) => {
      if (error || !address || this.#agreed !== agreed || this.#adopted) return;
      agreed.host = address;
      this.#send(address, remote.port, remoteRtcp);
    });
  }

  /** Judges an RTP packet's source, and adopts it where the table says so. */
  accepts(host: string, port: number, now: number): boolean {
    const adopted = this.#adopted;
    if (adopted && adopted.port === port && adopted.host === host) return true;
    const agreed = this.#agreed;
    if (!agreed) return true;
    const isAgreed = agreed.port === port && agreed.host === host;
    const isStraggler = this.#left?.port === port && this.#left.host === host && now - this.#agreedAt < STRAGGLE_MS;
    if (!isAgreed && (adopted || isStraggler)) return false;
    this.#adopted = { host, port };
    if (!isAgreed) this.#send(host, port, undefined);
    else this.#send(host, port, this.rtcpPort > 0 ? { host: this.rtcpHost, port: this.rtcpPort } : undefined);
    return true;
  }

  /** RTCP is accepted from the host that sends RTP, and answered to the port it came from. */
  acceptsRtcp(host: string, port: number): boolean {
    if (host !== this.host) return false;
    this.rtcpHost = host;
    this.rtcpPort = port;
    return true;
  }

  #send(host: string, port: number, rtcp: Address | undefined): void {
    this.host = host;
    this.port = portOrNone(port);
    this.rtcpHost = rtcp?.host ?? host;
    this.rtcpPort = port > 0 ? portOrNone(rtcp?.port ?? port + 1) : 0;
  }
}

const portOrNone = (port: number) => (port > 0 && port < 65536 ? port : 0);
