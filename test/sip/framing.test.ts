/** Cutting a stream into messages: whatever the segments, the same messages come out; whatever comes in, nothing grows without bound. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentLength, MAX_BODY_BYTES, MAX_HEAD_BYTES, StreamFramer } from '../../src/sip/framing.ts';

function framer() {
  const messages: string[] = [];
  let pings = 0;
  const one = new StreamFramer({ message: (bytes) => messages.push(bytes.toString('latin1')), ping: () => pings++ });
  return { messages, pings: () => pings, push: (text: string | Buffer) => one.push(Buffer.from(text as string, 'latin1')) };
}

const sip = (body: string, length = `Content-Length: ${body.length}`) => `MESSAGE sip:a SIP/2.0\r\nCall-ID: x\r\n${length}\r\n\r\n${body}`;

describe('framing', () => {
  it('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.string({ unit: fc.constantFrom('a', '\r', '\n', ':', ' ', 'l'), maxLength: 60 }),
            fc.constantFrom('', '\r\n\r\n', '\r\n'),
          ),
          { maxLength: 8 },
        ),
        fc.array(fc.nat(40), { minLength: 1, maxLength: 30 }),
        (parts, cuts) => {
          const sent = parts.map(([body]) => sip(body));
          const stream = parts.map(([body, before]) => before + sip(body)).join('');
          const { messages, push } = framer();
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = 1 + cuts[i % cuts.length]!;
            expect(push(stream.slice(at, at + size))).toBeUndefined();
            at += size;
          }
          expect(messages).toEqual(sent);
        },
      ),
    );
  });

  it('answers a ping, and knows a pong', () => {
    const { pings, push, messages } = framer();
    push('\r\n\r\n');
    expect(pings()).toBe(1);
    push('\r\n');
    push(sip('x'));
    expect(pings()).toBe(1);
    push('\r\n');
    push('\r\n');
    expect(pings()).toBe(2);
    expect(messages).toHaveLength(1);
  });

  it('reads compact, spaced and lower-case lengths, and takes none, a wrong one or two different ones for the end of the stream', () => {
    for (const header of ['l: 2', 'content-length:2', 'Content-Length : 2', 'CONTENT-LENGTH:\t2', 'l: 2\r\nContent-Length: 2']) {
      const { messages, push } = framer();
      expect(push(sip('ab', header) + sip(''))).toBeUndefined();
      expect(messages).toHaveLength(2);
    }
    for (const header of [
      'X: 2',
      'Content-Length: -1',
      'Content-Length: 2x',
      'Content-Length:',
      'l: 2\r\nContent-Length: 3',
      'Content-Length: 99999999999',
    ]) {
      const { messages, push } = framer();
      expect(push(sip('ab', header))).toMatch(/readable Content-Length/);
      expect(push(sip(''))).toBeUndefined();
      expect(messages).toEqual([]);
    }
    const head = Buffer.from('A b\r\nCall-ID: Content-Length: 7\r\nl: 3');
    expect(contentLength(head, head.length)).toBe(3);
  });

  it('refuses what would grow for ever', () => {
    const endless = framer();
    let said: string | undefined;
    for (let i = 0; i < 100 && said === undefined; i++) said = endless.push(`X-${'y'.repeat(2000)}\r\n`);
    expect(said).toContain(`within ${MAX_HEAD_BYTES} bytes`);
    expect(framer().push(sip('', `l: ${MAX_BODY_BYTES + 1}`))).toContain('announced');
  });

  it('takes a large message in small segments without reading it over and over', () => {
    const { messages, push } = framer();
    const whole = sip('z'.repeat(900_000));
    const began = process.cpuUsage();
    for (let at = 0; at < whole.length; at += 100) push(whole.slice(at, at + 100));
    expect(messages).toEqual([whole]);
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(1500);
  });

  it('survives anything', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
        const { push } = framer();
        for (const chunk of chunks) push(Buffer.from(chunk));
      }),
    );
  });
});
