/** An error on its way between threads: structured clones lose what a CallsurgeError is. */
import { CallsurgeError, type ErrorCode, messageOf } from '../errors.ts';

export interface WireError {
  code: ErrorCode;
  message: string;
  where: string | undefined;
  todo: string | undefined;
}

export function toWire(thrown: unknown): WireError {
  if (thrown instanceof CallsurgeError) return { code: thrown.code, message: thrown.message, where: thrown.where, todo: thrown.todo };
  return { code: 'internal', message: messageOf(thrown), where: undefined, todo: undefined };
}

export function fromWire(error: WireError): CallsurgeError {
  return new CallsurgeError(error.code, error.message, { where: error.where, todo: error.todo });
}
