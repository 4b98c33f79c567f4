/** The frame of a page that is no run's report (search, probe): both languages, the same style, the same single script, the same policy. */
import { createHash } from 'node:crypto';
import { Html, html, type Part } from '../markup.ts';
import type { Language } from '../messages/say.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

export interface Page {
  language: Language;
  /** Of the window. */
  title: string;
  version: string;
  /** What this page needs beside the common style. */
  style?: string;
  head: Part;
  main: Part;
  footer: Part;
}

export function pageOf({ language, title, version, style = '', head, main, footer }: Page): string {
  const radio = (id: string, lang: Language) =>
    html`<input class="lang" type="radio" name="lang" id="${id}" value="${lang}"${lang === language ? Html.trusted(' checked') : null}>`;
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${sha256(SCRIPT)}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="callsurge ${version}">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${Html.trusted(STYLE + style.replace(/\n/g, ''))}</style></head>
<body>${radio('lang-en', 'en')}${radio('lang-zh', 'zh-CN')}
<div class="page"><nav class="top"><div class="switch" role="group"><label for="lang-en" lang="en">English</label><label for="lang-zh" lang="zh-CN">中文</label></div></nav>
${head}
<main>${main}</main>
<footer>${footer}</footer></div>
<script>${Html.trusted(SCRIPT)}</script></body></html>
`.toString();
}

export interface PageHead {
  kicker: Part;
  title: Part;
  /** Under the title: who is under test. */
  versus: Part;
  facts: readonly (readonly [name: Part, fact: Part])[];
}

export function pageHead({ kicker, title, versus, facts }: PageHead): Html {
  return html`<header><p class="kicker">callsurge · ${kicker}</p>
<h1>${title}<span class="versus">${versus}</span></h1>
<dl class="facts">${facts.map(([name, fact]) => html`<div><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl></header>
`;
}

export const pageSection = (id: string, title: Part, ...content: Part[]): Html =>
  html`<section id="${id}"><h2>${title}</h2>${content}</section>
`;

const sha256 = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
