import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agree, answerTo, type LocalSdp, makeOffer } from '../../src/media/sdp.ts';
import { type Direction, readSdp } from '../../src/media/sdp-read.ts';

const ours: LocalSdp = { host: '127.0.0.1', port: 40000, sessionId: 7, version: 1 };
const sdp = (...lines: string[]) => ['v=0', 'o=- 1 1 IN IP4 10.0.0.9', 's=-', ...lines].join('\r\n') + '\r\n';
const theirs = (...media: string[]) => sdp('c=IN IP4 10.0.0.9', 't=0 0', ...media);

describe('our offer', () => {
  test('names PCMA, PCMU and telephone-event', () => {
    expect(makeOffer(ours).split('\r\n')).toEqual([
      'v=0',
      'o=- 7 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      'm=audio 40000 RTP/AVP 8 0 101',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=sendrecv',
      '',
    ]);
  });

  test('an IPv6 address is marked as one, and can be read back', () => {
    const offer = makeOffer({ ...ours, host: '::1', telephoneEvent: null, codecs: ['PCMU'], direction: 'sendonly' });
    expect(offer).toContain('o=- 7 1 IN IP6 ::1\r\n');
    expect(readSdp(offer)?.media[0]).toMatchObject({ host: '::1', port: 40000, formats: ['0'], direction: 'sendonly' });
  });
});

describe('their answer', () => {
  const offer = makeOffer(ours);

  test('the first codec of theirs that we offered', () => {
    expect(
      agree(offer, theirs('m=audio 5000 RTP/AVP 0 8 101', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', 'a=ptime:30')),
    ).toEqual({
      codec: 'PCMU',
      payloadType: 0,
      telephoneEvent: 101,
      ptimeMs: 30,
      remote: { host: '10.0.0.9', port: 5000 },
      direction: 'sendrecv',
    });
  });

  test('static types need no rtpmap; c= of the media wins; no telephone-event is none', () => {
    expect(agree(offer, theirs('m=audio 5000 RTP/AVP 18 8', 'c=IN IP4 10.0.0.77'))).toMatchObject({
      codec: 'PCMA',
      remote: { host: '10.0.0.77', port: 5000 },
      telephoneEvent: undefined,
    });
  });

  test('telephone-event under another number: sent with theirs, heard with ours too', () => {
    expect(agree(offer, theirs('m=audio 5000 RTP/AVP 8 96', 'a=rtpmap:96 Telephone-Event/8000'))).toMatchObject({
      telephoneEvent: 96,
      telephoneEventIn: 101,
    });
  });

  test('a wide-band telephone-event is not ours', () => {
    expect(agree(offer, theirs('m=audio 5000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/48000'))?.telephoneEvent).toBeUndefined();
  });

  test('a=rtcp names another port or host (RFC 3605)', () => {
    expect(agree(offer, theirs('m=audio 5000 RTP/AVP 8', 'a=rtcp:6001'))?.remoteRtcp).toEqual({ host: '10.0.0.9', port: 6001 });
    expect(agree(offer, theirs('m=audio 5000 RTP/AVP 8', 'a=rtcp:6001 IN IP4 10.0.0.5'))?.remoteRtcp).toEqual({
      host: '10.0.0.5',
      port: 6001,
    });
  });

  test.each([
    ['refused', theirs('m=audio 0 RTP/AVP 8')],
    ['no codec of ours', theirs('m=audio 5000 RTP/AVP 18')],
    ['a static number with another meaning', theirs('m=audio 5000 RTP/AVP 8', 'a=rtpmap:8 OPUS/48000/2')],
    ['no media', theirs()],
    ['unreadable', 'hello'],
    ['empty', ''],
  ])('%s: no agreement', (_, answer) => {
    expect(agree(offer, answer)).toBeUndefined();
  });

  test.each([
    ['a=recvonly', 'sendonly'],
    ['a=sendonly', 'recvonly'],
    ['a=inactive', 'inactive'],
    ['a=sendrecv', 'sendrecv'],
  ])('%s makes us %s', (line, direction) => {
    expect(agree(offer, theirs('m=audio 5000 RTP/AVP 8', line))?.direction).toBe(direction);
    expect(agree(offer, theirs(line, 'm=audio 5000 RTP/AVP 8'))?.direction).toBe(direction);
  });

  test('0.0.0.0 holds; a media line above the session direction wins', () => {
    expect(agree(offer, sdp('c=IN IP4 0.0.0.0', 'm=audio 5000 RTP/AVP 8'))?.direction).toBe('inactive');
    expect(agree(offer, theirs('a=inactive', 'm=audio 5000 RTP/AVP 8', 'a=sendrecv'))?.direction).toBe('sendrecv');
  });

  test('what we offered sendonly is never recvonly', () => {
    const held = makeOffer({ ...ours, direction: 'sendonly' });
    expect(agree(held, theirs('m=audio 5000 RTP/AVP 8', 'a=recvonly'))?.direction).toBe('sendonly');
    expect(agree(held, theirs('m=audio 5000 RTP/AVP 8', 'a=sendrecv'))?.direction).toBe('sendonly');
    expect(agree(held, theirs('m=audio 5000 RTP/AVP 8', 'a=inactive'))?.direction).toBe('inactive');
  });

  test.each([
    ['a=ptime:20', 20],
    ['a=ptime:0', 20],
    ['a=ptime:40', 40],
    ['a=ptime:15', 20],
    ['a=ptime:200', 20],
    ['a=ptime:nonsense', 20],
    ['a=maxptime:10', 10],
  ])('%s → %i ms', (line, ptime) => {
    expect(agree(offer, theirs('m=audio 5000 RTP/AVP 8', line))?.ptimeMs).toBe(ptime);
  });
});

describe('our answer', () => {
  test('PCMA before PCMU, whatever they prefer; their telephone-event number', () => {
    const made = answerTo(theirs('m=audio 5000 RTP/AVP 0 8 96', 'a=rtpmap:96 telephone-event/8000', 'a=ptime:30'), ours)!;
    expect(made.agreement).toMatchObject({ codec: 'PCMA', payloadType: 8, telephoneEvent: 96, ptimeMs: 30 });
    expect(made.answer).toContain('m=audio 40000 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\n');
    expect(made.answer).toContain('a=ptime:30\r\na=sendrecv\r\n');
  });

  test('a dynamic number for PCMA is kept', () => {
    const made = answerTo(theirs('m=audio 5000 RTP/AVP 97', 'a=rtpmap:97 pcma/8000'), ours)!;
    expect(made.agreement).toMatchObject({ codec: 'PCMA', payloadType: 97 });
    expect(made.answer).toContain('m=audio 40000 RTP/AVP 97\r\na=rtpmap:97 PCMA/8000\r\n');
  });

  test('other streams are refused in their places', () => {
    const offer = theirs(
      'm=video 6000 RTP/AVP 31',
      'm=audio 0 RTP/AVP 8',
      'm=audio 7000 RTP/SAVP 8',
      'm=audio 5000 RTP/AVP 0',
      'm=image 9 udptl t38',
    );
    const { answer, agreement } = answerTo(offer, ours)!;
    expect(answer.match(/^m=.*$/gm)).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 0 RTP/AVP 8',
      'm=audio 0 RTP/SAVP 8',
      'm=audio 40000 RTP/AVP 0',
      'm=image 0 udptl t38',
    ]);
    expect(agreement.remote.port).toBe(5000);
  });

  test.each([
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
    ['sendrecv', 'sendrecv'],
  ])('to %s it is %s', (line, direction) => {
    const made = answerTo(theirs('m=audio 5000 RTP/AVP 8', `a=${line}`), ours)!;
    expect(made.agreement.direction).toBe(direction);
    expect(made.answer).toContain(`a=${direction}\r\n`);
  });

  test('hold by 0.0.0.0 stops both ways', () => {
    expect(answerTo(sdp('c=IN IP4 0.0.0.0', 'm=audio 5000 RTP/AVP 8'), ours)?.agreement.direction).toBe('inactive');
  });

  test('no common codec, no audio, no sense: undefined', () => {
    for (const offer of [
      theirs('m=audio 5000 RTP/AVP 18'),
      theirs('m=video 6000 RTP/AVP 31'),
      'x',
      '',
      theirs('m=audio 5000 RTP/SAVP 8'),
    ]) {
      expect(answerTo(offer, ours)).toBeUndefined();
    }
  });
});

test('offer and answer of two of us agree on the same, for all directions and codecs', () => {
  const directions: Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
  const mirror: Record<Direction, Direction> = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };
  const side = fc.record({
    codecs: fc.constantFrom<LocalSdp['codecs'][]>(['PCMA'], ['PCMU'], ['PCMA', 'PCMU'], ['PCMU', 'PCMA']),
    telephoneEvent: fc.constantFrom<(number | null | undefined)[]>(null, 101, 96, undefined),
    direction: fc.constantFrom(...directions),
    ptimeMs: fc.constantFrom(10, 20, 30, 60),
  });
  fc.assert(
    fc.property(side, side, (a, b) => {
      const offer = makeOffer({ ...ours, ...a });
      const made = answerTo(offer, { ...ours, ...b, host: '127.0.0.2', port: 50000 });
      const common = a.codecs!.some((codec) => b.codecs!.includes(codec));
      expect(made !== undefined).toBe(common);
      if (!made) return;
      const agreement = agree(offer, made.answer)!;
      expect(agreement).toMatchObject({ codec: made.agreement.codec, telephoneEvent: made.agreement.telephoneEvent, ptimeMs: a.ptimeMs });
      expect(agreement.direction).toBe(mirror[made.agreement.direction]);
      expect([agreement.remote.port, made.agreement.remote.port]).toEqual([50000, 40000]);
    }),
    { numRuns: 300 },
  );
});

describe('whatever comes, nothing throws', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'v=0',
      'm=audio 5000 RTP/AVP 0 8 101',
      'm=audio',
      'm=',
      'm=audio 99999999 RTP/AVP 8',
      'm=audio 5000/2 RTP/AVP x 8 -1 1e3',
      'c=IN IP4',
      'c=',
      'c=IN IP6 ::1/127',
      'a=rtpmap:8',
      'a=rtpmap:101 telephone-event/8000',
      'a=rtpmap:999 X/1',
      'a=rtpmap: /',
      'a=fmtp:101',
      'a=ptime:',
      'a=ptime:-5',
      'a=sendonly',
      'a=',
      'a',
      '=',
      '',
      'o=',
      'a=rtcp:',
      'a=rtcp:70000',
      'a=maxptime:Infinity',
      'a=:',
    ),
    fc.string({ maxLength: 40 }),
  );
  test('lines in any order, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.nat(), fc.constantFrom('\r\n', '\n', '\r'), (lines, cut, end) => {
        const text = lines.join(end);
        for (const each of [text, 'v=0' + end + text, text.slice(0, cut % (text.length + 1))]) {
          readSdp(each);
          agree(makeOffer(ours), each);
          const made = answerTo(each, ours);
          if (made) {
            expect(readSdp(made.answer)?.media.filter((media) => media.port > 0)).toHaveLength(1);
            expect(made.agreement.remote.port).toBeGreaterThan(0);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('too long, or too many streams, is bounded', () => {
    expect(readSdp('v=0\r\n' + 'a=x\r\n'.repeat(20_000))).toBeUndefined();
    expect(readSdp(theirs(...Array(100).fill('m=audio 5000 RTP/AVP 8')))?.media).toHaveLength(32);
  });
});
