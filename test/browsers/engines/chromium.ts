import { chromium as playwright } from 'playwright-core';
import type { Browser, Page } from '../browser.js';
import { installed } from './installed.js';

const QUIET = ['quic', 'gpu', 'background-networking', 'component-update', 'sync'].map((part) => `--disable-${part}`);

/** Debian's Chromium, controlled by the DevTools protocol. `more`: further arguments of the command. */
export async function chromium(more: readonly string[] = []): Promise<Browser> {
  const executablePath = installed('/usr/bin/chromium', 'chromium');
  const browser = await playwright.launch({
    executablePath,
    args: ['--no-sandbox', '--no-first-run', ...QUIET, ...more],
  });
  return {
    name: 'Chromium',
    version: browser.version(),
    open: async (url) => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.goto(url);
      return {
        errors,
        click: (selector) => page.click(selector),
        fill: (selector, text) => page.fill(selector, text),
        press: (key) => page.keyboard.press(key),
        text: (selector) => page.innerText(selector),
        reload: async () => void (await page.reload()),
        screenshot: () => page.screenshot(),
        close: () => page.close(),
      } satisfies Page;
    },
    close: () => browser.close(),
  };
}
