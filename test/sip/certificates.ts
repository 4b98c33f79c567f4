/** A throw-away authority and its certificates, made by openssl for one test file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  cert: string;
  key: string;
  certFile: string;
  keyFile: string;
}

export interface Authority {
  /** PEM, and the file it stands in. */
  ca: string;
  caFile: string;
  /** A certificate for these names (`DNS:` or `IP:` before each), valid from `days.from` to `days.to` from today. */
  issue(names: string[], days?: { from: number; to: number }): KeyPair;
  remove(): void;
}

export function makeAuthority(): Authority {
  const dir = mkdtempSync(join(tmpdir(), 'callsurge-ca-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30', '-subj', '/CN=throw-away authority');
  writeFileSync(
    join(dir, 'ca.cnf'),
    '[ca]\ndefault_ca=c\n[c]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n',
  );
  writeFileSync(join(dir, 'index'), '');
  writeFileSync(join(dir, 'index.attr'), 'unique_subject = no\n');
  writeFileSync(join(dir, 'serial'), '1000\n');
  let count = 0;
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  const stamp = (days: number) =>
    new Date(Date.now() + days * 86_400_000)
      .toISOString()
      .replace(/[-:T]/g, '')
      .replace(/\.\d+Z$/, 'Z');
  return {
    ca: read('ca.pem'),
    caFile: join(dir, 'ca.pem'),
    issue(names, days = { from: -1, to: 20 }) {
      const id = `leaf${++count}`;
      openssl('req', '-new', ...ec, '-keyout', `${id}.key`, '-out', `${id}.csr`, '-subj', `/CN=${names[0]!.replace(/^\w+:/, '')}`);
      writeFileSync(join(dir, `${id}.ext`), `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth,clientAuth\n`);
      const dates = ['-startdate', stamp(days.from), '-enddate', stamp(days.to)];
      openssl(
        'ca',
        '-batch',
        '-config',
        'ca.cnf',
        '-cert',
        'ca.pem',
        '-keyfile',
        'ca.key',
        '-notext',
        ...dates,
        '-extfile',
        `${id}.ext`,
        '-in',
        `${id}.csr`,
        '-out',
        `${id}.pem`,
      );
      return { cert: read(`${id}.pem`), key: read(`${id}.key`), certFile: join(dir, `${id}.pem`), keyFile: join(dir, `${id}.key`) };
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
