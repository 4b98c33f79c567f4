/** Works one agent's web phone: the script of `embedded-web.ts` and `vendor-a-web.ts`. Selectors are the vendor's: these fit the embedded one's page. */
import type { BrowserAgent } from 'callsurge';
import type { Page } from 'playwright-core';

export default async ({ page, agent }: BrowserAgent<Page>) => {
  await page.goto(process.env.WEB_PHONE ?? 'https://phone.vendor-a.example/');
  await page.fill('#user', agent.account!.username);
  await page.fill('#password', agent.account!.password);
  await page.click('#login');
  await page.waitForSelector('#ready');
  agent.ready();
  while (!agent.signal.aborted) {
    await page.click('#answer', { timeout: 0 }); // until somebody calls
    agent.note('answered');
    await page.waitForSelector('#ready', { timeout: 0 }); // until the call and its wrap-up are over
    agent.note('ended');
  }
};
