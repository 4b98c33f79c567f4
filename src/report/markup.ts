/**
 * HTML that cannot be injected into: the only way to markup is the `html` tag, and everything that is put into it is escaped unless it is
 * itself markup. Reason phrases, numbers, hosts and names come from the network and from other people's files.
 */

/** Markup that is safe to print as it is. Made by `html` and `joined` alone. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }

  /** For markup of our own making (style sheet, script, paths of a chart): never for anything that was read. */
  static trusted(markup: string): Html {
    return new Html(markup);
  }
}

export type Part = Html | string | number | null | undefined | false | readonly Part[];

/** Tagged template: `` html`<td>${row.reason}</td>` ``. Strings are escaped, arrays joined, null, undefined and false are nothing. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let markup = strings[0]!;
  for (let i = 0; i < parts.length; i++) markup += partOf(parts[i]) + strings[i + 1]!;
  return Html.trusted(markup);
}

export function joined(parts: readonly Part[], between: Part = ''): Html {
  return Html.trusted(parts.map(partOf).join(partOf(between)));
}

function partOf(part: Part): string {
  if (part instanceof Html) return part.toString();
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'object') return part.map(partOf).join('');
  return escapeText(String(part));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' };

/** For text and for quoted attributes alike. */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (character) => ENTITIES[character]!);
}

/**
 * What may stand in HTML and XML 1.0: no lone surrogates, no control characters but tab and line ends, and none of the characters that turn
 * the direction of writing (a reason phrase must not be able to reverse the figures beside it).
 */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '\ufffd');
}

/** A value as JSON inside a `<script type="application/json">`: `<` cannot end the element. */
export function jsonBlock(value: unknown): Html {
  return Html.trusted(
    JSON.stringify(value)
      .replace(/</g, '\\u003c')
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  );
}
