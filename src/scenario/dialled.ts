/**
 * Numbers that a scenario's text dials, as far as reading it can tell: the literal first arguments of `dial(…)`. They are held against the contract before
 * anything is sent; a number that is made at run time meets the gate then.
 */

/** Each once, in the order of the text. Comments count too: a number that must not be dialled has no business there either. */
export function literalNumbers(source: string): string[] {
  const found = [...source.matchAll(/\bdial\s*\(\s*(['"`])([^'"`$]+)\1/g)].map((match) => match[2]!);
  return [...new Set(found)];
}
