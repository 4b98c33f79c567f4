/** Media: RTP and RTCP, SDP, DTMF, tones and voice quality. Other rooms import from here. */
export { DIGITS } from './dtmf-out.ts';
export { decodeG711, encodeG711 } from './g711.ts';
export { type ToneChange, ToneListener, type ToneOptions } from './goertzel.ts';
export { createMediaPump } from './pump-dgram.ts';
export * from './quality.ts';
export { emptyHeader, type RtpHeader, readRtp, writeRtp } from './rtp-packet.ts';
export { type Answer, agree, answerTo, type LocalSdp, makeOffer } from './sdp.ts';
export { type Direction, readSdp, type SdpMedia, type SdpReading } from './sdp-read.ts';
export { tone } from './sources.ts';
export * from './stream.ts';
