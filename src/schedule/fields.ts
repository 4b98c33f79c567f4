/**
 * Reads a plain object field by field and complains about what is left: every message names the field (`scenarios.peak.rate`), and an unknown
 * field is an error with the nearest known name, as in k6.
 */
import { type Duration, durationMs } from '../duration.ts';
import { CallsurgeError, nearest } from '../errors.ts';

export class Fields {
  readonly where: string;
  readonly #raw: Record<string, unknown>;
  readonly #known = new Set<string>();

  constructor(raw: unknown, where: string) {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw invalid(where, `must be an object, not ${show(raw)}`);
    this.where = where;
    this.#raw = raw as Record<string, unknown>;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  /** Undefined and null are both "not given". */
  raw(name: string): unknown {
    this.#known.add(name);
    return this.#raw[name] ?? undefined;
  }

  path(name: string): string {
    return this.where ? `${this.where}.${name}` : name;
  }

  /** A whole number of at least `min`. Without `fallback` it is required. */
  integer(name: string, min: number, fallback?: number): number {
    const value = this.raw(name) ?? fallback;
    if (value === undefined) throw this.missing(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min)
      throw this.invalid(name, `must be a whole number of at least ${min}, not ${show(value)}`);
    return value;
  }

  duration(name: string, fallback?: Duration, min = 0): number {
    const value = this.raw(name) ?? fallback;
    if (value === undefined) throw this.missing(name);
    if (typeof value !== 'string' && typeof value !== 'number')
      throw this.invalid(name, `must be a duration, not ${show(value)}`, 'write it as 90s, 1m30s or 250ms');
    const ms = durationMs(value, this.path(name));
    if (ms < min) throw this.invalid(name, `must be at least ${min}ms, not ${show(value)}`);
    return ms;
  }

  string(name: string, fallback?: string): string {
    const value = this.raw(name) ?? fallback;
    if (value === undefined) throw this.missing(name);
    if (typeof value !== 'string' || value === '') throw this.invalid(name, `must be a text, not ${show(value)}`);
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.raw(name) ?? fallback;
    if (typeof value !== 'boolean') throw this.invalid(name, `must be true or false, not ${show(value)}`);
    return value;
  }

  oneOf<const T extends string>(name: string, choices: readonly T[], fallback?: T): T {
    const value = this.raw(name) ?? fallback;
    if (value === undefined) throw this.missing(name);
    if (!choices.includes(value as T)) {
      const meant = typeof value === 'string' ? nearest(value, choices) : undefined;
      throw this.invalid(name, `must be one of ${choices.join(', ')}, not ${show(value)}`, meant && `did you mean ${meant}`);
    }
    return value as T;
  }

  /** Text values by name: k6's `env` and `tags`. */
  texts(name: string): Record<string, string> {
    const value = this.raw(name);
    if (value === undefined) return {};
    const fields = new Fields(value, this.path(name));
    return Object.fromEntries(Object.keys(value as object).map((key) => [key, String(fields.#textLike(key))]));
  }

  list(name: string): Fields[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) throw value === undefined ? this.missing(name) : this.invalid(name, `must be a list, not ${show(value)}`);
    return value.map((entry, i) => new Fields(entry, `${this.path(name)}[${i}]`));
  }

  /** Call last. @throws on the first field that nobody asked for. */
  end(): void {
    for (const name of Object.keys(this.#raw)) {
      if (this.#known.has(name) || this.#raw[name] === undefined) continue;
      const meant = nearest(name, [...this.#known]);
      throw new CallsurgeError('option-invalid', `unknown field "${name}"`, {
        where: this.path(name),
        todo: meant ? `did you mean ${meant}` : `known are ${[...this.#known].join(', ')}`,
      });
    }
  }

  invalid(name: string, what: string, todo?: string): CallsurgeError {
    return invalid(this.path(name), what, todo);
  }

  missing(name: string): CallsurgeError {
    return new CallsurgeError('option-invalid', `${name} is missing`, { where: this.path(name) });
  }

  #textLike(name: string): unknown {
    const value = this.raw(name);
    if (['string', 'number', 'boolean'].includes(typeof value)) return value;
    throw this.invalid(name, `must be a text, not ${show(value)}`);
  }
}

/** The field is in the sentence as well as in `where`, so that the line reads alone. */
const invalid = (where: string, what: string, todo?: string) =>
  new CallsurgeError('option-invalid', `${where.split('.').at(-1) || 'it'} ${what}`, { where, todo });

const show = (value: unknown): string => (typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value)));
