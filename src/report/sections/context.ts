/** What every section of the page is made from. */
import type { RunAnalysis } from '../../analysis/model.ts';
import type { Frame } from '../charts/marks.ts';
import { type Html, html, type Part } from '../markup.ts';
import type { MessageKey } from '../messages/en.ts';
import { both } from '../messages/say.ts';
import type { Subject } from '../subject.ts';

export interface Context {
  analysis: RunAnalysis;
  subject: Subject;
  frame: Frame;
}

export type SectionName = Extract<MessageKey, `section.${string}`> extends `section.${infer Name}` ? Name : never;

export function section(name: SectionName, ...content: Part[]): Html {
  return html`<section id="${name}"><h2>${both(`section.${name}`)}</h2>${content}</section>
`;
}

export const note = (...content: Part[]): Html => html`<p class="note">${content}</p>`;
export const heading = (key: MessageKey): Html => html`<h3>${both(key)}</h3>`;
