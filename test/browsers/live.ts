import { expect } from 'vitest';
import { Child } from '../support/child.js';
import type { Browser, Page } from './browser.js';

const LIMIT_MS = 30_000;

/** Cuts and restores a path on the page in examples/page as a user does, and checks what the page shows. */
export async function driveLivePage(browser: Browser): Promise<void> {
  const server = new Child(process.execPath, ['examples/page/serve.mjs', '--port', '0']);
  const [, url = ''] = await server.printed(/open (http:\S+)/);
  const page = await browser.open(url);
  for (const path of ['#path-1', '#path-2']) await shows(page, `${path} .badge`, /^active/);
  await say(page, 'one');

  await page.click('#path-1 .cut');
  await shows(page, '#path-1 .badge', /^inactive$/);
  await shows(page, '#path-2 .badge', /^active · in use$/);
  await say(page, 'two');
  await shows(page, '#events', /path 1 unreachable/);
  expect(await page.text('#silence')).toMatch(/^\d+ ms$/);

  const before = await echoed(page);
  await page.click('#path-1 .cut');
  await shows(page, '#path-1 .badge', /^active · in use$/);
  await shows(page, '#events', /path 1 available/);
  expect(await echoed(page)).toBeGreaterThan(before);
  expect(await page.text('#missing')).toBe('0');
  expect(page.errors).toEqual([]);
  await page.close();
  await server.kill();
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill('#text', text);
  await page.click('#send');
  await shows(page, '#echoes', new RegExp(`${text}\\s*back after \\d+ ms`));
}

async function echoed(page: Page): Promise<number> {
  return Number((await page.text('#echoed')).replace(',', ''));
}

/** Waits until an element shows a text. */
async function shows(page: Page, selector: string, pattern: RegExp): Promise<void> {
  let last = '';
  for (const end = performance.now() + LIMIT_MS; !pattern.test(last); ) {
    if (performance.now() > end)
      throw new Error(`${selector} doesn't show ${pattern} but: ${last}; errors of the page: ${page.errors}`);
    last = await page.text(selector).catch((error) => String(error));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
