/** The person behind a call: what they want, who they are, how often they try. A trait is the same in every try, whatever the vendor does. */
import { CallsurgeError } from '../errors.ts';
import { currentVu, type LoggedCall } from './context.ts';
import { type Attempt, type RedialOptions, redials } from './redial.ts';
import { traitOf } from './streams.ts';

/** The caller of the iteration that runs. */
export const caller = {
  /**
   * One of several, by share: `caller.pick('size', { small: 3, large: 1 })`. Shares need not add up to 1. The same in every try of this caller.
   * @throws CallsurgeError `verb-misused` outside an iteration, or where no share is above 0.
   */
  pick<K extends string>(name: string, shares: Readonly<Record<K, number>>): K {
    const all = Object.entries(shares) as [K, number][];
    const total = all.reduce((sum, [, share]) => sum + share, 0);
    if (!(total > 0) || !Number.isFinite(total) || all.some(([, share]) => !(share >= 0)))
      throw new CallsurgeError('verb-misused', `caller.pick("${name}") needs shares from 0 up, one of them above 0`);
    let left = traitOf(currentVu('caller.pick'), name) * total;
    for (const [key, share] of all) {
      left -= share;
      if (left < 0) return key;
    }
    return all.findLast(([, share]) => share > 0)![0];
  },

  /** What the caller wants: a menu path or a skill, by share. For `dial(…, { intent })` and the story's branches. */
  intent<K extends string>(shares: Readonly<Record<K, number>>): K {
    return caller.pick('intent', shares);
  },

  /** Whether this caller is one of that share (0…1): `caller.chance('hangs up at once', 0.1)`. The same in every try. */
  chance(name: string, share: number): boolean {
    return traitOf(currentVu('caller.chance'), name) < share;
  },

  /** Whether this caller is a VIP, of whom there is that share (0…1). For `dial(…, { vip })`. */
  vip(share: number): boolean {
    return caller.chance('vip', share);
  },

  /** What the replayed log tells of this call (docs/replaying-a-log.md); all null where none is replayed. */
  logged(): LoggedCall {
    return currentVu('caller.logged').logged ?? { caller: null, intent: null, vip: null, talkMs: null };
  },

  /** Plays the story, and again after a busy tone, a refusal or lost patience: `redial.ts`. */
  redials<T>(options: RedialOptions, story: (attempt: Attempt) => Promise<T>): Promise<T> {
    return redials(options, story);
  },
};
