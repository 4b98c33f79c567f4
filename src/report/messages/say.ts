/**
 * Texts in one language (terminal, CSV) or in both at once (HTML: the page shows one of the two spans, and the switch needs no script).
 */
import { type Html, html, type Part } from '../markup.ts';
import { DEFINITIONS, type DefinitionId, type Glossary } from './definitions.ts';
import { definitionsEn } from './definitions-en.ts';
import { definitionsZhCN } from './definitions-zh-CN.ts';
import { en, type MessageKey } from './en.ts';
import { zhCN } from './zh-CN.ts';

export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

const MESSAGES: Record<Language, Record<MessageKey, string>> = { en, 'zh-CN': zhCN };
const GLOSSARIES: Record<Language, Glossary> = { en: definitionsEn, 'zh-CN': definitionsZhCN };

/** What fills `{name}` in a text. A value that differs by language is a function of it. */
export type Fill = Record<string, string | number | ((language: Language) => string)>;

/** The text in one language. A placeholder without a value stays visible, so that a test can find it. */
export function say(language: Language, key: MessageKey, fill: Fill = {}): string {
  return MESSAGES[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(fill, name) ? fill[name] : undefined;
    return value === undefined ? whole : typeof value === 'function' ? value(language) : String(value);
  });
}

const COLONS: Record<Language, string> = { en: ': ', 'zh-CN': '：' };

/** A name and what it is, with that language's colon. */
export const labelled = (language: Language, name: string, text: string): string => `${name}${COLONS[language]}${text}`;

/** The key if the texts know it: for keys made from data (`outcome.${row.outcome}`). */
export function messageKey(key: string): MessageKey | null {
  return Object.hasOwn(en, key) ? (key as MessageKey) : null;
}

/** A text made from data, or the data itself where the texts do not know it. */
export function sayOr(language: Language, key: string, otherwise: string, fill: Fill = {}): string {
  const known = messageKey(key);
  return known ? say(language, known, fill) : otherwise;
}

/** Both languages, of which the page shows one. */
export function bilingual(text: (language: Language) => Part): Html {
  return html`<span lang="en">${text('en')}</span><span lang="zh-CN">${text('zh-CN')}</span>`;
}

export function both(key: MessageKey, fill: Fill = {}): Html {
  return bilingual((language) => say(language, key, fill));
}

/** Two sentences, the first without its full stop: Chinese has its own. */
export const sentences = (language: Language, first: string, second: string | null): string =>
  language === 'zh-CN' ? `${first}。${second ?? ''}` : `${first}. ${second ?? ''}`;

export function bothOr(key: string, otherwise: string): Html | string {
  const known = messageKey(key);
  return known ? both(known) : otherwise;
}

export function definition(language: Language, id: DefinitionId): { name: string; text: string; formula: string; source: string } {
  const [name, text] = GLOSSARIES[language][id];
  return { name, text, ...DEFINITIONS[id] };
}
