import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { Child } from '../support/child.js';
import type { Browser, Page } from './browser.js';

const LIMIT_MS = 30_000;

/** Serves the page in examples/page with relays and a server, and uses it. */
export async function driveLivePage(browser: Browser): Promise<void> {
  const server = new Child(process.execPath, ['examples/page/serve.mjs', '--port', '0']);
  const [, url = ''] = await server.printed(/open (http:\S+)/);
  await drive(await browser.open(url));
  await server.kill();
}

/** Makes the page a single file, opens the file, and uses it. */
export async function driveSingleFile(browser: Browser): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  const file = join(folder, 'page.html');
  expect(await new Child(process.execPath, ['examples/page/single-file.mjs', file]).exit()).toBe(0);
  const page = await browser.open(pathToFileURL(file).href);
  expect(await page.text('footer')).toContain('Nothing leaves the page');
  await drive(page);
  rmSync(folder, { recursive: true });
}

/** Cuts and restores a path as a user does, by mouse and by keyboard, and checks what the page shows. */
async function drive(page: Page): Promise<void> {
  for (const path of ['#path-1', '#path-2']) await shows(page, `${path} .badge`, /^active/);
  await say(page, 'one');

  await page.click('#path-1 .cut');
  await shows(page, '#path-1 .badge', /^inactive$/);
  await shows(page, '#path-2 .badge', /^active · in use$/);
  await say(page, 'two');
  await shows(page, '#events', /path 1 unreachable/);
  expect(await page.text('#silence')).toMatch(/^\d+ ms$/);

  const before = await echoed(page);
  await page.press('1');
  await shows(page, '#path-1 .badge', /^active · in use$/);
  await shows(page, '#events', /path 1 available/);
  expect(await echoed(page)).toBeGreaterThan(before);
  expect(await page.text('#missing')).toBe('0');
  for (const key of ['m', '1', 'Enter']) await page.press(key); // in a message, 1 is a character
  await shows(page, '#echoes', / s\s*1\s*back after \d+ ms/);
  expect(await page.text('#path-1 .badge')).toMatch(/^active/);
  expect(page.errors).toEqual([]);
  await page.close();
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
