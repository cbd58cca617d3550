import { type KeyInput, launch } from 'puppeteer-core';
import type { Browser, Page } from '../browser.js';
import { installed } from './installed.js';

/** Debian's Firefox, controlled by WebDriver BiDi. */
export async function firefox(preferences: Readonly<Record<string, unknown>> = {}): Promise<Browser> {
  const executablePath = installed('/usr/bin/firefox-esr', 'firefox-esr');
  const options = { browser: 'firefox', executablePath, headless: true } as const;
  const browser = await launch({ ...options, extraPrefsFirefox: { ...preferences } });
  return {
    name: 'Firefox',
    version: await browser.version(),
    open: async (url) => {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.setViewport({ width: 1280, height: 900 });
      await page.goto(url);
      return {
        errors,
        click: (selector) => page.click(selector),
        fill: (selector, text) => page.locator(selector).fill(text),
        press: (key) => page.keyboard.press(key as KeyInput),
        text: (selector) => page.$eval(selector, (element) => (element as HTMLElement).innerText),
        reload: async () => void (await page.reload()),
        screenshot: () => page.screenshot(),
        close: () => page.close(),
      } satisfies Page;
    },
    close: () => browser.close(),
  };
}
