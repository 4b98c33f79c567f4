/**
 * The nodes' configuration: the templates in asterisk/ and kamailio/ with `{{NAME}}` filled in, the accounts, and the prompts, written to one
 * run folder per node. Both kinds of lab mount or see that folder under the same path, so they run the same configuration.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority } from '../sip/certificates.ts';
import { writePrompts } from './prompts.ts';
import { agentsOf, EDGE, type LabSettings, RTP_PORTS, SITES, type SiteAddress } from './settings.ts';

const here = import.meta.dirname;

/** One node, ready to be started. */
export interface NodePlan {
  name: string;
  /** Run folder as this process sees it. */
  folder: string;
  /** The same folder as the node sees it. */
  inside: string;
  /** What runs in the foreground. */
  command: string[];
}

/** @throws Error for a placeholder without a value: a template and this file no longer agree. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`template asks for {{${name}}}, which has no value`);
    return String(value);
  });
}

const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** Writes a site's folder: etc/, var/, prompts/, moh/. */
export function renderSite(site: SiteAddress, settings: LabSettings, folder: string, inside: string): NodePlan {
  const etc = join(folder, 'etc');
  mkdirSync(etc, { recursive: true });
  mkdirSync(join(folder, 'var/cdr-csv'), { recursive: true });
  writePrompts(folder);
  const values = {
    RUN: inside,
    SITE: site.name,
    IP: site.host,
    EDGE_IP: EDGE.host,
    MAXCALLS: settings.maxCalls,
    QMAXLEN: settings.qmaxlen,
    RING: settings.ringS,
    RTP_START: RTP_PORTS[0],
    RTP_END: RTP_PORTS[1],
    RTP_TIMEOUT: settings.rtpTimeoutS,
  };
  for (const name of readdirSync(join(here, 'asterisk')))
    writeFileSync(join(etc, name), fill(readFileSync(join(here, 'asterisk', name), 'utf8'), values));
  const agents = agentsOf(site, settings.agentsPerSite);
  writeFileSync(join(etc, 'agents.conf'), [...agents.support, ...agents.sales].map(account).join(''));
  writeFileSync(join(etc, 'members-support.conf'), agents.support.map(member).join(''));
  writeFileSync(join(etc, 'members-sales.conf'), agents.sales.map(member).join(''));
  // Files that modules look for and do not need: empty, they keep the log quiet.
  for (const name of ['ccss', 'cel', 'features', 'acl', 'udptl', 'pjproject', 'pjsip_notify', 'queuerules'])
    writeFileSync(join(etc, `${name}.conf`), '');
  return { name: site.name, folder, inside, command: ['/usr/sbin/asterisk', '-f', '-C', `${inside}/etc/asterisk.conf`] };
}

const account = (number: number) =>
  `[${number}](agent)\nauth = ${number}-auth\naors = ${number}\n` +
  `[${number}-auth](agent-auth)\nusername = ${number}\npassword = secret${number}\n[${number}](agent-aor)\n`;
const member = (number: number) => `member => PJSIP/${number},0,Agent ${number},PJSIP/${number}\n`;

/** Writes the edge's folder: its configuration and the list of sites. */
export function renderEdge(settings: LabSettings, folder: string, inside: string): NodePlan {
  const etc = join(folder, 'etc');
  mkdirSync(etc, { recursive: true });
  mkdirSync(join(folder, 'var'), { recursive: true });
  const values = {
    RUN: inside,
    IP: EDGE.host,
    TLS_PORT: EDGE.tlsPort,
    MULTIARCH: multiarch,
    EDGE_MAX: settings.edgeMax,
    EDGE_CPS: settings.edgeCps,
  };
  writeFileSync(join(etc, 'kamailio.cfg'), fill(readFileSync(join(here, 'kamailio/kamailio.cfg'), 'utf8'), values));
  writeCertificate(etc);
  writeSiteList(folder, SITES);
  const command = ['/usr/sbin/kamailio', '-DD', '-E', '-m', '64', '-M', '8', '-f', `${inside}/etc/kamailio.cfg`, '-Y', `${inside}/var`];
  return { name: EDGE.name, folder, inside, command };
}

/** The sites that the edge sends calls to: it reads the list at its start, and when told to (`dispatcher.reload`). */
export function writeSiteList(edgeFolder: string, sites: readonly SiteAddress[]): void {
  writeFileSync(join(edgeFolder, 'etc/dispatcher.list'), sites.map((site) => `1 sip:${site.host}:5060 0 0\n`).join(''));
}

/** The edge's certificate, and the authority that signed it for this lab alone. */
function writeCertificate(etc: string): void {
  const authority = makeAuthority();
  try {
    const { cert, key } = authority.issue([`IP:${EDGE.host}`, 'DNS:edge.lab.example']);
    writeFileSync(join(etc, 'edge.pem'), cert);
    writeFileSync(join(etc, 'edge.key'), key);
    writeFileSync(join(etc, 'ca.pem'), authority.ca);
  } finally {
    authority.remove();
  }
}
