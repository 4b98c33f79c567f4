/**
 * What happens when an agent picks up at a real call centre, through Kamailio to Asterisk: UPDATE, PRACK, session timers, hold, late offer and
 * transfer. Each call must come to its one outcome, and nothing may be left at Asterisk.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Call } from '../../src/call/call.ts';
import type { DialOptions } from '../../src/call/dial.ts';
import { RealClock } from '../../src/clock.ts';
import { createMediaPump, type MediaPump } from '../../src/media/index.ts';
import type { SipStackOptions } from '../../src/sip/index.ts';
import { playOne } from '../call/one-caller.ts';
import { type Lab, startLab } from './lab.ts';
import { requireLab } from './require-lab.ts';
import { SippAgents } from './sipp.ts';

const HOST = '127.0.31.2';

describe.skipIf(!requireLab('process'))('conformance with Asterisk and Kamailio', () => {
  let lab: Lab;
  let pump: MediaPump;
  const agents = new SippAgents();

  beforeAll(async () => {
    lab = await startLab({ kind: 'process', agentsPerSite: 3, maxCalls: 20 });
    pump = await createMediaPump({ clock: new RealClock(), host: HOST, ports: { from: 7200, to: 7298 }, seed: 1 });
    for (const site of lab.sites) {
      // Asterisk tells callers who has picked up, by UPDATE or re-INVITE, only where it may show identities.
      const config = join(site.folder, 'etc/pjsip.conf');
      const ours = readFileSync(config, 'utf8').replace(
        'rtp_symmetric = yes',
        'rtp_symmetric = yes\nsend_pai = yes\ntrust_id_outbound = yes',
      );
      await site.stop();
      writeFileSync(config, ours);
      await site.start();
    }
    await lab.seenByEdge();
    for (const site of lab.sites) await agents.start(site, 2);
  }, 1_800_000);
  afterAll(async () => {
    agents.stop();
    await pump?.close();
    await lab?.down();
  }, 60_000);

  const play = (number: string, options: DialOptions, story: (call: Call) => Promise<unknown>, timers?: SipStackOptions['timers']) =>
    playOne(
      {
        nextHop: { ...lab.edge, transport: 'udp' },
        domain: lab.edge.host,
        host: HOST,
        idPrefix: `lab${number}${Object.keys(options).join('')}`,
        pump,
        number,
        options,
        timers,
      },
      story,
    );
  const echo = async (call: Call) => {
    await call.answered();
    await call.wait('1s');
    await call.hangUp();
  };

  test('early media of a queue is reliable where we demand it: PRACK answered, then CANCEL', async () => {
    const { row, messages } = await play('2003', { reliable: 'required' }, async (call) => {
      await call.answered({ within: '250ms' });
    });
    expect(messages).toEqual(expect.arrayContaining(['> PRACK', '< 200 PRACK', '> CANCEL', '< 487 INVITE']));
    expect(row).toMatchObject({ outcome: 'abandoned', status: 487 });
    expect(row.reliable_provisionals).toBeGreaterThanOrEqual(1);
    expect(row.early_media_ms).not.toBeNull();
  });

  test('an agent picks up: Asterisk says so inside the dialog, is answered, and media goes on', async () => {
    const { row, messages } = await play('2002', {}, async (call) => {
      await call.answered();
      await call.wait('4s');
      await call.hangUp();
    });
    // By UPDATE, because our Allow has it; by re-INVITE otherwise (sipp/uas-agent-picks-up.xml).
    expect(messages).toEqual(expect.arrayContaining(['< UPDATE', '> 200 UPDATE']));
    expect(row).toMatchObject({ outcome: 'completed', status: 200 });
    expect(row.rtp_received).toBeGreaterThan(100);
  }, 20_000);

  test('session timer: 90 s asked for and settled, our refresh answered (a second of it is 200 ms on our side)', async () => {
    const story = async (call: Call) => {
      await call.answered();
      await call.wait('10s');
      await call.hangUp();
    };
    const { row, messages } = await play('9196', { sessionTimer: '90s' }, story, { secondMs: 200 });
    expect(row).toMatchObject({ outcome: 'completed', session_expires_s: 90 });
    const refresh = messages.findIndex((text, i) => i > 3 && /^> (UPDATE|INVITE)$/.test(text));
    expect(refresh, messages.join('\n')).toBeGreaterThan(0);
    expect(messages.slice(refresh)).toContain(messages[refresh]!.replace('> ', '< 200 '));
  }, 20_000);

  test('late offer: Asterisk offers, media flows', async () => {
    const { row } = await play('9196', { lateOffer: true }, echo);
    expect(row).toMatchObject({ outcome: 'completed' });
    expect(row.codec).not.toBeNull();
    expect(row.rtp_received).toBeGreaterThan(20);
  }, 20_000);

  test('hold and resume', async () => {
    const { row } = await play('9196', {}, async (call) => {
      await call.answered();
      expect([await call.hold(), await call.resume()]).toEqual(['held', 'resumed']);
      await call.wait('500ms');
      await call.hangUp();
    });
    expect(row).toMatchObject({ outcome: 'completed', holds: 1 });
  }, 20_000);

  test('blind transfer of the agent on the line: 202, NOTIFY, transferred', async () => {
    const { row } = await play('2002', {}, async (call) => {
      await call.answered();
      await call.wait('3s');
      // Asterisk says 200 with the first voice frame: the menu plays at once, where an echo and SIPp's echo would wait for each other.
      expect(await call.transfer('2000', { within: '5s' })).toBe('transferred');
      await call.hangUp();
    });
    expect(row).toMatchObject({ outcome: 'completed', transfer_status: 200 });
  }, 20_000);

  test('nothing is left there', async () => {
    for (const site of lab.sites) await site.rx('channel request hangup all');
    await lab.idle();
  }, 20_000);
});
