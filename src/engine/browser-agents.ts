/**
 * Agents at the vendor's own web phone: a browser page each, worked by a Playwright script of the user's (`agents[].script`).
 *
 *   ({ page, agent }) ──logs in──▶ agent.ready() ──takes calls──▶ until agent.signal, at the end of the run
 *
 * Main thread only: browsers are processes of their own. playwright-core is the user's to install; it is looked for from where the script is.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { CallsurgeError, messageOf } from '../errors.ts';
import { type FileKind, importUserFile } from '../scenario/user-file.ts';
import type { AgentGroup, BrowserAgent, VendorProfile } from '../vendor/profile.ts';
import { type Account, accountsOf } from '../vendor/secrets.ts';

/** What is used of Playwright, so that nobody needs its types who has no such agents. */
interface Page {
  close(): Promise<void>;
}
interface Browser {
  newContext(options: object): Promise<{ newPage(): Promise<Page> }>;
  close(): Promise<void>;
}
interface Playwright {
  chromium: { launch(options: object): Promise<Browser> };
}

type Script = (agent: BrowserAgent) => Promise<void>;

const SCRIPT: FileKind = {
  name: 'agent script',
  notFound: 'vendor-invalid',
  syntax: 'vendor-invalid',
  invalid: 'vendor-invalid',
  threw: 'vendor-invalid',
};
/** A web phone asks for a microphone; it gets a fake one without asking anybody. */
const ARGS = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--no-first-run', '--disable-gpu'];
/** Chromium's sandbox does not work for root, and refuses to start there. */
const ROOT_ARGS = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
/** A script that waits for something else than its page is left alone after this. */
const STOP_MS = 5000;
/** Logging in at a web page takes its time; longer than this, and the run begins without that agent. */
const READY_MS = 60_000;

export interface BrowserAgentsOptions {
  perSecond: number;
  /** An agent said something: ready, or what its script notes. */
  note(agent: string, action: string, detail: object | null): void;
  warn(text: string): void;
}

export class BrowserAgents {
  readonly #options: BrowserAgentsOptions;
  readonly #ended = new AbortController();
  readonly #playing: Promise<void>[] = [];
  #browser: Browser | undefined;

  constructor(options: BrowserAgentsOptions) {
    this.#options = options;
  }

  /**
   * Opens a page for each and waits until they are ready.
   * @returns how many are. @throws CallsurgeError `vendor-invalid` for a script that cannot be used, or without playwright-core.
   */
  async start(vendor: VendorProfile): Promise<{ ready: number; asked: number }> {
    const ready: Promise<boolean>[] = [];
    for (const [i, group] of (vendor.agents ?? []).entries()) {
      if (group.kind !== 'browser' || group.script === undefined) continue;
      const script = await scriptOf(group.script);
      this.#browser ??= await launch(group.script);
      const accounts: (Account | undefined)[] = accountsOf(group, `vendor.agents[${i}]`);
      for (let k = 0; k < group.count; k++) {
        if (ready.length > 0) await new Promise((resolve) => setTimeout(resolve, 1000 / this.#options.perSecond));
        ready.push(this.#open(script, group, k, accounts[k]));
      }
    }
    const all = await Promise.all(ready);
    return { ready: all.filter(Boolean).length, asked: all.length };
  }

  /** Tells every script that the run is over, and closes the browser. */
  async stop(): Promise<void> {
    this.#ended.abort(new CallsurgeError('stopped', 'the run is over'));
    await this.#browser?.close().catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_MS);
    });
    await Promise.race([Promise.all(this.#playing), late]);
    clearTimeout(timer);
  }

  /** @returns whether it got ready; what goes wrong is a warning, then and later. */
  async #open(script: Script, group: AgentGroup, k: number, account: Account | undefined): Promise<boolean> {
    const { note, warn } = this.#options;
    const number = (group.accounts?.first ?? 1) + k;
    const name = `${group.name}-${number}`;
    const page = await (await this.#browser!.newContext({ permissions: ['microphone'] })).newPage();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        warn(`agent ${name} was not ready within ${READY_MS / 1000} s`);
        resolve(false);
      }, READY_MS);
      const settle = (ready: boolean) => {
        clearTimeout(timer);
        resolve(ready);
      };
      const agent: BrowserAgent['agent'] = {
        name,
        number,
        skills: group.skills ?? [],
        account,
        signal: this.#ended.signal,
        ready: () => {
          note(name, 'ready', null);
          settle(true);
        },
        note: (action, detail) => note(name, action, detail ?? null),
      };
      const played = Promise.resolve()
        .then(() => script({ page, agent }))
        .catch((thrown) => {
          // Whatever waits on a page that is closed at the end rejects: no fault of the script.
          if (!this.#ended.signal.aborted) warn(`agent ${name}: its script threw: ${messageOf(thrown)}`);
        })
        .finally(() => settle(false));
      this.#playing.push(played);
    });
  }
}

async function scriptOf(file: string): Promise<Script> {
  const { exports } = await importUserFile(file, SCRIPT);
  if (typeof exports.default === 'function') return exports.default as Script;
  throw new CallsurgeError('vendor-invalid', 'an agent script has a function as its default export', {
    where: file,
    todo: 'write `export default async ({ page, agent }) => { … }`',
  });
}

async function launch(script: string): Promise<Browser> {
  let playwright: Playwright;
  try {
    const found = createRequire(script).resolve('playwright-core');
    playwright = ((await import(pathToFileURL(found).href)) as { default: Playwright }).default;
  } catch (cause) {
    throw new CallsurgeError('vendor-invalid', 'agents of kind browser need playwright-core', {
      where: script,
      todo: 'npm install playwright-core where the script is',
      cause,
    });
  }
  try {
    return await playwright.chromium.launch({ args: [...ARGS, ...ROOT_ARGS], executablePath: process.env.CHROMIUM });
  } catch (cause) {
    const todo = 'set CHROMIUM to a Chromium of yours, or npx playwright-core install chromium';
    throw new CallsurgeError('vendor-invalid', `no browser could be started: ${messageOf(cause).slice(0, 200)}`, {
      where: script,
      todo,
      cause,
    });
  }
}
