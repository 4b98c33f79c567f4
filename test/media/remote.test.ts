import { expect, test } from 'vitest';
import { Remote } from '../../src/media/remote.ts';
import type { MediaAgreement } from '../../src/media/stream.ts';

const at = (host: string, port: number, more: Partial<MediaAgreement> = {}): MediaAgreement => ({
  codec: 'PCMA',
  payloadType: 8,
  telephoneEvent: 101,
  ptimeMs: 20,
  remote: { host, port },
  direction: 'sendrecv',
  ...more,
});
const places = (remote: Remote) => [remote.host, remote.port, remote.rtcpHost, remote.rtcpPort];

test('RTP where it was agreed, RTCP on the next port or where a=rtcp says', () => {
  const remote = new Remote();
  remote.agree(at('10.0.0.1', 5000), 0);
  expect(places(remote)).toEqual(['10.0.0.1', 5000, '10.0.0.1', 5001]);
  remote.agree(at('10.0.0.1', 5002, { remoteRtcp: { host: '10.0.0.3', port: 7000 } }), 0);
  expect(remote.accepts('10.0.0.1', 5002, 1)).toBe(true);
  expect(places(remote)).toEqual(['10.0.0.1', 5002, '10.0.0.3', 7000]);
});

test('RTCP comes from the host that sends RTP, and goes back to its port', () => {
  const remote = new Remote();
  remote.agree(at('10.0.0.1', 5000), 0);
  expect(remote.acceptsRtcp('10.0.0.9', 5001)).toBe(false);
  expect(remote.acceptsRtcp('10.0.0.1', 6001)).toBe(true);
  expect(places(remote)).toEqual(['10.0.0.1', 5000, '10.0.0.1', 6001]);
});

test('a hold and its end change no adopted source', () => {
  const remote = new Remote();
  remote.agree(at('10.0.0.1', 5000), 0);
  expect(remote.accepts('192.0.2.7', 40_000, 5)).toBe(true);
  remote.agree(at('0.0.0.0', 5000, { direction: 'inactive' }), 10);
  remote.agree(at('10.0.0.1', 5000), 20);
  expect([remote.host, remote.port]).toEqual(['192.0.2.7', 40_000]);
  expect(remote.accepts('192.0.2.7', 40_000, 25)).toBe(true);
  expect([remote.host, remote.port]).toEqual(['192.0.2.7', 40_000]);
});

test('the old source is refused right after a re-negotiation, and adopted where it goes on: a NAT kept its mapping', () => {
  const remote = new Remote();
  remote.agree(at('10.0.0.1', 5000), 0);
  expect(remote.accepts('192.0.2.7', 40_000, 5)).toBe(true);
  remote.agree(at('10.0.0.2', 5000), 1000);
  expect(remote.accepts('192.0.2.7', 40_000, 1100)).toBe(false);
  expect([remote.host, remote.port]).toEqual(['10.0.0.2', 5000]);
  expect(remote.accepts('192.0.2.7', 40_000, 1600)).toBe(true);
  expect([remote.host, remote.port]).toEqual(['192.0.2.7', 40_000]);
});

test('a port that is none is never sent to', () => {
  const remote = new Remote();
  remote.agree(at('10.0.0.1', 65_535), 0);
  expect(places(remote)).toEqual(['10.0.0.1', 65_535, '10.0.0.1', 0]);
  remote.agree(at('10.0.0.1', 0), 0);
  expect([remote.port, remote.rtcpPort]).toEqual([0, 0]);
  remote.agree(at('10.0.0.1', 70_000), 0);
  expect(remote.port).toBe(0);
});

test('a name is looked up, and nothing is sent before', async () => {
  const remote = new Remote();
  remote.agree(at('localhost', 5000), 0);
  expect(remote.port).toBe(0);
  for (let i = 0; i < 200 && remote.port === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(remote.port).toBe(5000);
  expect(['127.0.0.1', '::1']).toContain(remote.host);
});
