/**
 * The report in a real browser: nothing on the console, nothing asked of the network, the language switch with and without script, and figures
 * that fit the page at every width. Skipped where there is no Chromium, unless CALLSURGE_REQUIRE_LAB=1.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/html.ts';
import { fixture } from './fixture.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const required = process.env.CALLSURGE_REQUIRE_LAB === '1';
const present = existsSync(CHROMIUM);
if (!present && !required)
  console.warn(`no Chromium at ${CHROMIUM}: the report is not opened in a browser (apt-get install chromium, or CHROMIUM=path)`);

/** What a reader sees of it: not the language that is hidden. */
const shown = (locator: Locator): Promise<string> => locator.innerText();

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.skipIf(!present && !required)('in a browser', () => {
  const dir = mkdtempSync(join(tmpdir(), 'callsurge-browser-'));
  const file = join(dir, 'report.html');
  const url = pathToFileURL(file).href;
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    const analysis = fixture();
    analysis.outcomes.byStatus[2]!.reason = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    writeFileSync(file, renderHtml(analysis));
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function open(options: Parameters<Browser['newPage']>[0], hash = ''): Promise<{ page: Page; faults: string[] }> {
    const page = await browser.newPage({ locale: 'en-GB', ...options });
    const faults: string[] = [];
    page.on('console', (message) => faults.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (request.url().split('#')[0] !== url) faults.push(`asked for ${request.url()}`);
    });
    await page.goto(url + hash);
    return { page, faults };
  }

  it('is quiet, asks for nothing, and runs nothing that was read', async () => {
    const { page, faults } = await open({});
    expect(await page.title()).toBe('Vendor A · Midnight spike · Load test report');
    expect(await page.locator('td', { hasText: '<img src=x' }).count()).toBe(1);
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each([
    ['with its script', true],
    ['without any script', false],
  ])('switches language %s', async (_, javaScriptEnabled) => {
    const { page, faults } = await open({ javaScriptEnabled });
    const headline = page.locator('.headline');
    expect(await shown(headline)).toContain('3 of 7 claims hold');
    await page.locator('.switch label[for=lang-zh]').click();
    expect(await shown(headline)).toContain('7 项承诺中 3 项成立');
    expect(await shown(headline)).not.toContain('claims');
    await page.locator('.switch label[for=lang-en]').click();
    expect(await shown(headline)).toContain('3 of 7 claims hold');
    expect(faults).toEqual([]);
    await page.close();
  });

  it('opens in the language of the address', async () => {
    const { page } = await open({}, '#zh');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    expect(await shown(page.locator('h2').first())).toBe('对厂商承诺的判定');
    await page.close();
  });

  it('shows the figures under the pointer, in the language shown', async () => {
    const { page, faults } = await open({ viewport: { width: 1200, height: 900 } });
    const area = page.locator('#chart-concurrency .field');
    await area.scrollIntoViewIfNeeded();
    const box = (await area.boundingBox())!;
    await page.mouse.move(box.x + box.width * (43.5 / 190), box.y + 40);
    const tip = page.locator('#tip');
    expect(await shown(tip)).toMatch(/0:4[34]/);
    expect(await shown(tip)).toContain(`Occupied channels\t${fixture().concurrency.series.occupied.values[43]}`);
    expect(await page.locator('.cursor:visible').count()).toBe(6);
    await page.locator('a.fn').first().hover();
    expect(await shown(tip)).toContain('Pass or fail only where the sample decides it');
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each([1440, 1024, 768, 390])('fits a page %d px wide', async (width) => {
    for (const hash of ['#en', '#zh']) {
      const { page } = await open({ viewport: { width, height: 800 } }, hash);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      for (const chart of await page.locator('.field svg').all()) expect((await chart.boundingBox())!.width).toBeGreaterThan(width / 3);
      await page.close();
    }
  });

  it('prints on A4 without controls', async () => {
    const { page } = await open({ colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.switch').isVisible()).toBe(false);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.close();
  });
});
