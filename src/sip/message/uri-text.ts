/**
 * A URI as the text it arrived in. SIP.js's dialogs carry `URI` objects from message to message without looking inside; this one stands in
 * for them, so that nothing is parsed, normalised or re-escaped on the way (RFC 3261 12.1: the remote target is used as received).
 */
import { NameAddrHeader } from 'sip.js/lib/grammar/name-addr-header.js';
import type { URI } from 'sip.js/lib/grammar/uri.js';
import { CommonTexts } from './own-text.ts';

export class UriText {
  readonly text: string;
  /** Display name that goes with it in From and To. */
  readonly display: string;

  constructor(text: string, display = '') {
    this.text = text;
    this.display = display;
  }

  clone(): UriText {
    return this;
  }

  toString(): string {
    return this.text;
  }

  toRaw(): string {
    return this.text;
  }
}

/** A URI that comes in many messages alike, the peer's Contact say, as one object for all. */
export const sharedUri = (text: string) => commonUris.get(text) as unknown as URI;
const commonUris = new CommonTexts(500, (text) => new UriText(text));

export const asUri = (text: string, display = '') => new UriText(text, display) as unknown as URI;
export const uriText = (uri: URI) => (uri as unknown as UriText).text;
export const uriDisplay = (uri: URI) => (uri as unknown as UriText).display;

/** SIP.js checks that a Contact is of its own class. */
export const asNameAddr = (uri: string, display = '') => new NameAddrHeader(asUri(uri, display), display, {});
