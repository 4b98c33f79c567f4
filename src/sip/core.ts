/**
 * SIP.js's Core, bent where load would break it: messages are ours, branches are ours, nothing is decided by grammar, nothing is logged.
 * Dispatch of what arrives is ours too (reception.ts): Core's own scans all transactions for merged requests, answers 404 to a foreign user
 * part, 405 to UPDATE, and compares branches alone.
 */
import { Levels } from 'sip.js/lib/core/log/levels.js';
import { LoggerFactory } from 'sip.js/lib/core/log/logger-factory.js';
import type { Body as CoreBody } from 'sip.js/lib/core/messages/body.js';
import type { IncomingRequestMessage } from 'sip.js/lib/core/messages/incoming-request-message.js';
import type { OutgoingRequestMessage, OutgoingRequestMessageOptions } from 'sip.js/lib/core/messages/outgoing-request-message.js';
import type { OutgoingResponse, ResponseOptions } from 'sip.js/lib/core/messages/outgoing-response.js';
import { ClientTransaction } from 'sip.js/lib/core/transactions/client-transaction.js';
import type { Transport as CoreTransport } from 'sip.js/lib/core/transport.js';
import { UserAgentCore } from 'sip.js/lib/core/user-agent-core/user-agent-core.js';
import type { URI } from 'sip.js/lib/grammar/uri.js';
import { TurnoverMap } from '../turnover.ts';
import type { IncomingRequest } from './message/incoming.ts';
import type { OutgoingRequest, RequestParts } from './message/outgoing.ts';
import { asUri, uriDisplay, uriText } from './message/uri-text.ts';

// A random number of seven digits is no name for a transaction at 500 calls/s: every one gets a counted branch instead.
(ClientTransaction as unknown as { makeId(request: OutgoingRequestMessage): string }).makeId = (request) =>
  (request as unknown as OutgoingRequest).beginTransaction();

export interface CoreHooks {
  transport: CoreTransport;
  make(parts: RequestParts): OutgoingRequest;
  reply(request: IncomingRequest, status: number, headerLines: readonly string[]): void;
}

export class LoadCore extends UserAgentCore {
  readonly #hooks: CoreHooks;

  constructor(hooks: CoreHooks) {
    const nobody = asUri('sip:nobody@invalid');
    super({
      aor: nobody,
      contact: { uri: nobody, pubGruu: undefined, tempGruu: undefined, toString: () => '<sip:nobody@invalid>' },
      displayName: '',
      loggerFactory: silence(),
      hackViaTcp: false,
      routeSet: [],
      sipjsId: '',
      supportedOptionTags: [],
      supportedOptionTagsResponse: [],
      userAgentHeaderFieldValue: undefined,
      viaForceRport: true,
      viaHost: '',
      // Challenges are answered in our layer: digest.ts.
      authenticationFactory: () => undefined,
      transportAccessor: () => hooks.transport,
    });
    this.#hooks = hooks;
    for (const name of ['dialogs', 'userAgentClients', 'userAgentServers'] as const)
      this[name] = new TurnoverMap() as unknown as Map<string, never>;
  }

  /** Requests inside dialogs and ACKs come through here. */
  override makeOutgoingRequestMessage(
    method: string,
    requestURI: URI,
    fromURI: URI,
    toURI: URI,
    options: OutgoingRequestMessageOptions,
    extraHeaders?: string[],
    body?: CoreBody,
  ): OutgoingRequestMessage {
    return this.#hooks
      .make({
        method,
        requestUri: uriText(requestURI),
        fromUri: uriText(fromURI),
        fromDisplay: uriDisplay(fromURI),
        fromTag: options.fromTag ?? '',
        toUri: uriText(toURI),
        toDisplay: uriDisplay(toURI),
        toTag: options.toTag ?? '',
        callId: options.callId ?? '',
        cseq: options.cseq ?? 1,
        routeSet: options.routeSet ?? [],
        headers: [],
        lines: extraHeaders,
        body: body && { type: body.contentType, content: body.content },
      })
      .asCore();
  }

  /** Core refuses by itself what is out of order in a dialog (500) or crosses a re-INVITE of ours (491). */
  override replyStateless(message: IncomingRequestMessage, options: ResponseOptions): OutgoingResponse {
    this.#hooks.reply(message as unknown as IncomingRequest, options.statusCode, options.extraHeaders ?? []);
    return { message: '' };
  }
}

function silence(): LoggerFactory {
  const factory = new LoggerFactory();
  factory.builtinEnabled = false;
  factory.level = Levels.error;
  factory.genericLog = () => {};
  return factory;
}
