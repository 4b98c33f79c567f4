/** Responses of ours as text: RFC 3261 8.2.6 (what is copied from the request), 12.1.1 (Record-Route and Contact where a dialog begins). */
import type { Body, HeaderList } from '../stack.ts';
import type { IncomingRequest } from './incoming.ts';
import { bodyText, headerLines } from './outgoing.ts';

export interface ResponseParts {
  reason?: string;
  /** Ours, put on To where the request had none. */
  toTag: string;
  userAgent: string;
  headers?: HeaderList;
  body?: Body;
  /** Copies Record-Route: for what begins a dialog. */
  recordRoute?: boolean;
}

export function responseText(request: IncomingRequest, status: number, parts: ResponseParts): string {
  let text = `SIP/2.0 ${status} ${parts.reason ?? REASONS[status] ?? CLASS_REASONS[Math.floor(status / 100)] ?? 'Unknown'}\r\n`;
  for (const via of request.headers('via')) text += `Via: ${via}\r\n`;
  if (parts.recordRoute) for (const route of request.headers('record-route')) text += `Record-Route: ${route}\r\n`;
  const to = request.header('to')!;
  const tag = status > 100 && request.toTag === '' ? `;tag=${parts.toTag}` : '';
  text += `From: ${request.header('from')}\r\nTo: ${to}${tag}\r\nCall-ID: ${request.callId}\r\nCSeq: ${request.cseq} ${request.cseqMethod}\r\n`;
  if (parts.headers) text += headerLines(parts.headers);
  return `${text}${status === 100 ? '' : `Server: ${parts.userAgent}\r\n`}${bodyText(parts.body)}`;
}

const CLASS_REASONS: Record<number, string> = {
  1: 'Session Progress',
  2: 'OK',
  3: 'Multiple Choices',
  4: 'Bad Request',
  5: 'Server Internal Error',
  6: 'Decline',
};

const REASONS: Record<number, string> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  415: 'Unsupported Media Type',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  600: 'Busy Everywhere',
  603: 'Decline',
};
