/** Agents in a browser: a script of the user's works a page. Skipped where there is no Chromium, unless CALLSURGE_REQUIRE_LAB=1. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrowserAgents } from '../../src/engine/browser-agents.ts';
import type { AgentGroup } from '../../src/vendor/profile.ts';
import { removeFolders, temporaryFolder, vendorAt } from './fixture.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const present = existsSync(CHROMIUM);
if (!present) console.warn(`no Chromium at ${CHROMIUM}: browser agents are not tried`);
const before = process.env.CHROMIUM;
beforeEach(() => {
  process.env.CHROMIUM = CHROMIUM;
});
afterEach(() => {
  if (before === undefined) delete process.env.CHROMIUM;
  else process.env.CHROMIUM = before;
});
afterAll(removeFolders);

/** A folder with that script, where playwright-core can be found or not. */
function script(text: string, installed = true): string {
  const folder = temporaryFolder();
  if (installed) {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(resolve(import.meta.dirname, '../../node_modules/playwright-core'), join(folder, 'node_modules/playwright-core'));
  }
  writeFileSync(join(folder, 'agent.mjs'), text);
  return join(folder, 'agent.mjs');
}

function open() {
  const notes: [string, string, object | null][] = [];
  const warnings: string[] = [];
  const agents = new BrowserAgents({
    perSecond: 50,
    note: (agent, action, detail) => notes.push([agent, action, detail]),
    warn: (text) => warnings.push(text),
  });
  return { agents, notes, warnings };
}

const vendor = (file: string, over: Partial<AgentGroup> = {}) =>
  vendorAt(5060, { agents: [{ kind: 'browser', name: 'web', count: 2, skills: ['support'], script: file, ...over }] });

/** A web phone in a page: rings by itself, answers when its button is pressed. */
const PHONE = `
  export default async ({ page, agent }) => {
    await page.setContent('<button onclick="this.textContent=navigator.mediaDevices ? 1 : 2">answer</button>');
    agent.ready();
    await page.click('button');
    agent.note('answered', { shown: await page.textContent('button'), skills: agent.skills, account: agent.account?.username });
    await page.waitForSelector('.never', { timeout: 0 });
  };`;

describe.skipIf(!present && process.env.CALLSURGE_REQUIRE_LAB !== '1')('agents in a browser', () => {
  it('log in, are waited for, note what they do, and end with the run without a complaint', async () => {
    const { agents, notes, warnings } = open();
    process.env.WEB_PASSWORD = 'secret{n}';
    const file = script(PHONE);
    const profile = vendor(file, { accounts: { username: 'w{n}', first: 7, password: { env: 'WEB_PASSWORD' } } });
    expect(await agents.start(profile)).toEqual({ ready: 2, asked: 2 });
    for (let i = 0; i < 200 && notes.length < 4; i++) await new Promise((resolve) => setTimeout(resolve, 25));
    await agents.stop();
    delete process.env.WEB_PASSWORD;
    expect(warnings).toEqual([]);
    // Two pages: which is quicker is no matter.
    notes.sort(([a], [b]) => a.localeCompare(b));
    expect(notes.filter(([, action]) => action === 'ready').map(([name]) => name)).toEqual(['web-7', 'web-8']);
    expect(
      notes.filter(([, action]) => action === 'answered').map(([name, , detail]) => [name, (detail as { account: string }).account]),
    ).toEqual([
      ['web-7', 'w7'],
      ['web-8', 'w8'],
    ]);
  }, 60_000);

  it('that throw are a warning and not ready; the others work on', async () => {
    const { agents, warnings } = open();
    const file = script(
      `export default async ({ agent }) => { if (agent.number === 1) throw new Error('no login form'); agent.ready(); };`,
    );
    expect(await agents.start(vendor(file))).toEqual({ ready: 1, asked: 2 });
    await agents.stop();
    expect(warnings).toEqual(['agent web-1: its script threw: no login form']);
  }, 60_000);
});

it('without a script they are not ours; a bad script or no playwright-core is said in one line', async () => {
  const { agents } = open();
  expect(await agents.start(vendorAt(5060, { agents: [{ kind: 'browser', name: 'web', count: 5 }] }))).toEqual({ ready: 0, asked: 0 });
  await expect(agents.start(vendor(script('export const x = 1;')))).rejects.toMatchObject({ code: 'vendor-invalid' });
  await expect(agents.start(vendor(script(PHONE, false)))).rejects.toThrow(/need playwright-core/);
  await expect(agents.start(vendor('/nowhere/agent.ts'))).rejects.toMatchObject({ code: 'vendor-invalid' });
  await agents.stop();
});
