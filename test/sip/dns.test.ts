/** RFC 3263 against a name server: which host and port, in which order, for how long believed, and what happens when a host does not answer. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RealClock } from '../../src/clock.ts';
import { drawn, Locator, nameService } from '../../src/sip/dns.ts';
import type { NextHop, OutgoingCallOptions, SipStack } from '../../src/sip/stack.ts';
import { type NameServer, openNameServer } from './dns-server.ts';
import { answer, callTo, closeAll, noting, openPeer, openStack, until } from './support.ts';

let server: NameServer;
beforeEach(async () => {
  server = await openNameServer({});
});
afterEach(async () => {
  await closeAll();
  await server.close();
});

const srv = (name: string, port: number, priority = 10, weight = 10) => ({ name, port, priority, weight });

describe('locating', () => {
  let now = 0;
  const clock = Object.assign(new RealClock(), { now: () => now });
  const locator = (family: 4 | 6 = 4, random = () => 0) => new Locator(clock, nameService([server.address]), family, random);

  it('takes an address as it is, and a name with a port by its A or AAAA', async () => {
    server.zone = { A: { 'sbc.example': ['127.0.0.5', '127.0.0.6'] }, AAAA: { 'sbc.example': ['::1'] } };
    expect(await locator().locate({ host: '192.0.2.9', port: 5070 }, 'udp')).toEqual([{ host: '192.0.2.9', port: 5070 }]);
    expect((await locator().locate({ host: 'sbc.example', port: 5070 }, 'udp')).map(({ host }) => host).sort()).toEqual([
      '127.0.0.5',
      '127.0.0.6',
    ]);
    expect(await locator(6).locate({ host: 'sbc.example', port: 5070 }, 'udp')).toEqual([{ host: '::1', port: 5070 }]);
    expect(server.asked.filter((question) => !/^A/.test(question))).toEqual([]);
  });

  it('goes by NAPTR to SRV to addresses where the port is open', async () => {
    server.zone = {
      NAPTR: {
        'vendor.example': [
          { order: 20, preference: 10, flags: 's', service: 'SIP+D2U', replacement: '_sip._udp.far.example' },
          { order: 10, preference: 10, flags: 's', service: 'SIPS+D2T', replacement: '_sips._tcp.vendor.example' },
          { order: 10, preference: 50, flags: 's', service: 'SIP+D2U', replacement: '_sip._udp.near.example' },
        ],
      },
      SRV: {
        '_sip._udp.near.example': [srv('b.example', 5062, 20), srv('a.example', 5061, 10)],
        '_sip._udp.far.example': [srv('c.example', 5063)],
        '_sip._tcp.vendor.example': [srv('a.example', 5064)],
      },
      A: { 'a.example': ['127.0.0.2'], 'b.example': ['127.0.0.3'], 'c.example': ['127.0.0.4'] },
    };
    const open = { host: 'vendor.example', port: 5060, srv: true };
    expect(await locator().locate(open, 'udp')).toEqual([
      { host: '127.0.0.2', port: 5061 },
      { host: '127.0.0.3', port: 5062 },
    ]);
    // No NAPTR for TCP: its SRV by the usual name. Neither for WS: the address itself.
    expect(await locator().locate(open, 'tcp')).toEqual([{ host: '127.0.0.2', port: 5064 }]);
    server.zone.A!['vendor.example'] = ['127.0.0.9'];
    expect(await locator().locate({ ...open, port: 80 }, 'ws')).toEqual([{ host: '127.0.0.9', port: 80 }]);
  });

  it('skips a host without address, and says so where none has one', async () => {
    server.zone = {
      SRV: { '_sip._udp.v.example': [srv('gone.example', 1), srv('here.example', 5069, 20)] },
      A: { 'here.example': ['127.0.0.7'] },
    };
    expect(await locator().locate({ host: 'v.example', port: 5060, srv: true }, 'udp')).toEqual([{ host: '127.0.0.7', port: 5069 }]);
    await expect(locator().locate({ host: 'nowhere.example', port: 5060, srv: true }, 'udp')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('believes an answer for its TTL and asks once for many', async () => {
    server.zone = { A: { 'sbc.example': ['127.0.0.5'] } };
    server.ttlS = 30;
    const one = locator();
    now = 1000;
    await Promise.all(Array.from({ length: 20 }, () => one.addresses('sbc.example')));
    expect(server.asked).toEqual(['A sbc.example']);
    server.zone = { A: { 'sbc.example': ['127.0.0.6'] } };
    now += 29_000;
    expect(await one.addresses('sbc.example')).toEqual(['127.0.0.5']);
    now += 2_000;
    expect(await one.addresses('sbc.example')).toEqual(['127.0.0.6']);
  });

  it('draws by weight inside a priority, and never before a lower one', () => {
    const records = [srv('big', 1, 1, 90), srv('small', 1, 1, 10), srv('standby', 1, 2, 100)];
    let seed = 1;
    const random = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    let big = 0;
    for (let i = 0; i < 10_000; i++) {
      const order = drawn(records, random).map(({ name }) => name);
      expect(order).toHaveLength(3);
      expect(order[2]).toBe('standby');
      if (order[0] === 'big') big++;
    }
    // 9000 expected, standard deviation 30.
    expect(Math.abs(big - 9000)).toBeLessThan(150);
    expect(drawn([srv('a', 1, 1, 0), srv('b', 1, 1, 0)], () => 0.99).map(({ name }) => name)).toEqual(['b', 'a']);
  });
});

describe('a call to a name', () => {
  const named = (more: Partial<NextHop> = {}): Partial<OutgoingCallOptions> => ({
    nextHop: { host: 'vendor.example', port: 5060, transport: 'udp', srv: true, ...more },
  });
  const ok =
    (toTag: string) =>
    (text: string, from: { host: string; port: number }, peer: { send(t: string, to: typeof from): void; host: string; port: number }) => {
      if (text.startsWith('INVITE'))
        peer.send(answer(text, '200 OK', { toTag, headers: [`Contact: <sip:${peer.host}:${peer.port}>`] }), from);
      else if (!text.startsWith('ACK')) peer.send(answer(text, '200 OK', { toTag }), from);
    };
  const hosts = (...ports: number[]) => {
    server.zone = {
      SRV: {
        '_sip._udp.vendor.example': ports.map((port, i) => srv('host.example', port, i)),
        '_sip._tcp.vendor.example': ports.map((port, i) => srv('host.example', port, i)),
      },
      A: { 'host.example': ['127.0.0.1'] },
    };
  };
  const caller = (): Promise<SipStack> => openStack('caller', { names: nameService([server.address]) });

  it('passes over a host that says 503, and ends at the second', async () => {
    const full = await openPeer(
      (text, from, peer) => text.startsWith('INVITE') && peer.send(answer(text, '503 Full', { toTag: 'x' }), from),
    );
    const second = await openPeer(ok('y'));
    hosts(full.port, second.port);
    const stack = await caller();
    const said: string[] = [];
    const ways: string[] = [];
    const call = stack.call(callTo(second, named()), noting(said, { way: (index, to) => ways.push(`${index} ${to.host}:${to.port}`) }));
    await until(() => said.includes('answered 200'), 'the answer');
    expect(ways).toEqual([`0 127.0.0.1:${full.port}`, `0 127.0.0.1:${second.port}`]);
    const [one, two] = [full.received[0]!, second.received[0]!];
    const line = (text: string, name: string) => text.split('\r\n').find((it) => it.startsWith(`${name}:`));
    expect(line(two, 'Call-ID')).toBe(line(one, 'Call-ID'));
    expect(line(two, 'Via')).not.toBe(line(one, 'Via'));
    await until(() => full.received.some((text) => text.startsWith('ACK')), 'the ACK to the 503');
    expect(call.snapshot().remote.port).toBe(second.port);
    expect(await call.dialog!.bye()).toMatchObject({ response: { status: 200 } });
  });

  it('passes over a host that says nothing within the limit, and takes its late 200 back', async () => {
    const silent = await openPeer();
    const second = await openPeer(ok('y'));
    hosts(silent.port, second.port);
    const stack = await caller();
    const said: string[] = [];
    stack.call(callTo(second, { ...named(), failoverMs: 120 }), noting(said));
    await until(() => said.includes('answered 200'), 'the answer');
    const invite = silent.received[0]!;
    silent.send(answer(invite, '200 OK', { toTag: 'late', headers: [`Contact: <sip:${silent.host}:${silent.port}>`] }), stack.local);
    await silent.next('BYE');
    expect(said.filter((it) => it.startsWith('answered'))).toHaveLength(1);
  });

  it('gives each host its part of the limit, and keeps a call where it has been heard', async () => {
    const silent = await openPeer();
    const trying = await openPeer((text, from, peer) => text.startsWith('INVITE') && peer.send(answer(text, '100 Trying'), from));
    hosts(silent.port, trying.port);
    const stack = await caller();
    const said: string[] = [];
    const call = stack.call(callTo(silent, { ...named(), provisionalLimitMs: 400 }), noting(said));
    await trying.next('INVITE');
    await until(() => said.includes('100'), 'the 100');
    await new Promise((done) => setTimeout(done, 500));
    expect(said.filter((it) => it.startsWith('failed'))).toEqual([]);
    call.cancel();
    await trying.next('CANCEL');
  });

  it('passes over a port where nobody listens, over TCP at once', async () => {
    const callee = await openStack('callee', { bind: { host: '127.0.0.1', port: 0, transport: 'tcp' }, call: (call) => call.reject(486) });
    const closed = await openStack('closed', { bind: { host: '127.0.0.1', port: 0, transport: 'tcp' } });
    await closed.close();
    hosts(closed.local.port, callee.local.port);
    const stack = await openStack('caller', {
      names: nameService([server.address]),
      bind: { host: '127.0.0.1', port: 0, transport: 'tcp' },
    });
    const said: string[] = [];
    stack.call(callTo(callee.local, named({ transport: 'tcp' })), noting(said));
    await until(() => said.some((it) => it.startsWith('failed')), 'the outcome');
    expect(said.at(-1)).toBe('failed 486');
    const options = await stack.send({
      method: 'OPTIONS',
      requestUri: 'sip:x',
      fromUri: 'sip:a@b',
      toUri: 'sip:x',
      nextHop: named({ transport: 'tcp' }).nextHop!,
    });
    expect(options).toMatchObject({ kind: 'response', response: { status: 200 } });
  });

  it('ends in one line where the name leads nowhere', async () => {
    const stack = await caller();
    let message = '';
    const said: string[] = [];
    stack.call(
      callTo({ host: '127.0.0.1', port: 9 }, named({ host: 'no.such.example' })),
      noting(said, {
        failed: (failure) => {
          said.push('failed');
          if (failure.kind === 'transport' && !failure.local) message = failure.message;
        },
      }),
    );
    await until(() => said.includes('failed'), 'the outcome');
    expect(message).toBe('the host no.such.example is unknown: check its spelling and the name server');
    const options = await stack.send({
      method: 'OPTIONS',
      requestUri: 'sip:x',
      fromUri: 'sip:a@b',
      toUri: 'sip:x',
      nextHop: named({ host: 'no.such.example' }).nextHop!,
    });
    expect(options).toMatchObject({ kind: 'transport', local: false, message });
  });

  it('goes another way, with its own account, where the first is not there', async () => {
    const silent = await openPeer();
    const carrier = await openPeer(ok('z'));
    const stack = await openStack('caller');
    const said: string[] = [];
    const ways: number[] = [];
    const other = callTo(carrier, { requestUri: 'sip:4001000000@carrier-b.example' });
    stack.call(
      callTo(silent, { failoverMs: 100, credentials: { username: 'a', password: 'a' }, otherwise: [other] }),
      noting(said, { way: (index) => ways.push(index) }),
    );
    await until(() => said.includes('answered 200'), 'the answer');
    expect(ways).toEqual([0, 1]);
    expect(carrier.received[0]).toMatch(/^INVITE sip:4001000000@carrier-b\.example /);
  });

  it('sends nothing where the caller gives up before the name is known', async () => {
    const second = await openPeer(ok('y'));
    hosts(second.port);
    const stack = await caller();
    const said: string[] = [];
    stack.call(callTo(second, named()), noting(said)).cancel();
    await until(() => said.some((it) => it.startsWith('failed')), 'the outcome');
    await new Promise((done) => setTimeout(done, 100));
    expect(second.received).toEqual([]);
    expect(said).toEqual(['failed transport']);
  });
});
