/** A vendor outside the NAT, by hand: answers each call, echoes its RTP to where it came from, and hangs up after a while. */
import { createSocket } from 'node:dgram';
import { answer, field, message } from '../sip/support.ts';
import { optionsOf, say, VENDOR } from './namespaces.ts';

/** `byeTo`: where the INVITE came from, or what Contact says. */
const { port, byeAfterMs, byeTo } = optionsOf<{
  port: number;
  byeAfterMs: Record<string, number>;
  byeTo: Record<string, 'seen' | 'contact'>;
}>();
const rtpPort = port + 1000;
const sip = createSocket('udp4');
const rtp = createSocket('udp4');
rtp.on('message', (bytes, from) => rtp.send(bytes, from.port, from.address));
const sdp = `v=0\r\no=- 1 1 IN IP4 ${VENDOR}\r\ns=-\r\nc=IN IP4 ${VENDOR}\r\nt=0 0\r\nm=audio ${rtpPort} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n`;

sip.on('message', (bytes, from) => {
  const text = bytes.toString();
  if (text.trim() === '' || text.startsWith('ACK')) return;
  const name = /^From:.*sip:([\w-]+)@/m.exec(text)?.[1] ?? '';
  if (text.startsWith('SIP/2.0')) {
    say({ name: /branch=z9hG4bK-([\w-]+)-bye/.exec(text)?.[1], byeAnswered: Number(text.slice(8, 11)) });
    return;
  }
  // RFC 3581 4: received and rport, so that the answer finds its way back through the mapping.
  const seen = text.replace(/^(Via: [^\r\n]*);rport(?=[;\r])/m, `$1;received=${from.address};rport=${from.port}`);
  const contact = `Contact: <sip:vendor@${VENDOR}:${port}>`;
  if (!text.startsWith('INVITE')) {
    sip.send(answer(seen, '200 OK', { toTag: 'v' }), from.port, from.address);
    if (text.startsWith('BYE')) say({ name, byeReceived: true });
    return;
  }
  sip.send(answer(seen, '200 OK', { toTag: 'v', headers: [contact, 'Content-Type: application/sdp'], body: sdp }), from.port, from.address);
  const target = /<(.*)>/.exec(field(text, 'Contact'))![1]!;
  const [, host, contactPort] = /@([\d.]+):(\d+)/.exec(target)!;
  say({
    name,
    invite: {
      seen: from.address,
      contact: host,
      via: field(text, 'Via'),
      sdp: /c=IN IP4 (\S+)/.exec(text)?.[1],
      length: lengthIsRight(text),
    },
  });
  const wait = byeAfterMs[name];
  if (wait === undefined) return;
  setTimeout(() => {
    const lines = [
      `BYE ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${VENDOR}:${port};branch=z9hG4bK-${name}-bye;rport`,
      `From: ${field(text, 'To')};tag=v`,
      `To: ${field(text, 'From')}`,
      `Call-ID: ${field(text, 'Call-ID')}`,
      'CSeq: 1 BYE',
      'Max-Forwards: 70',
    ];
    const [toPort, to] = byeTo[name] === 'contact' ? [Number(contactPort), host] : [from.port, from.address];
    sip.send(message(lines), toPort, to);
  }, wait);
});

const lengthIsRight = (text: string) =>
  Number(field(text, 'Content-Length')) === Buffer.byteLength(text.slice(text.indexOf('\r\n\r\n') + 4));
await new Promise<void>((done) => rtp.bind(rtpPort, VENDOR, done));
await new Promise<void>((done) => sip.bind(port, VENDOR, done));
say({ ready: true });
