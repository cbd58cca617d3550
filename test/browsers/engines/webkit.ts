import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../support/child.js';
import type { Browser, Page } from '../browser.js';
import { installed } from './installed.js';
import { WebDriver } from './webdriver.js';

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

/** The Enter key, in WebDriver's numbers. */
const ENTER = '\uE006';

/** Pages see prefers-reduced-motion, because painting is slow here and WebDriver has to wait for it. */
const STILL = '[Settings]\ngtk-enable-animations=0\n';

/** Debian's WebKitGTK MiniBrowser on a separate X server, controlled by W3C WebDriver. */
export async function webkit(): Promise<Browser> {
  const binary = installed(MINI_BROWSER, 'webkit2gtk-driver');
  const folder = mkdtempSync(join(tmpdir(), 'webkit-'));
  mkdirSync(join(folder, 'gtk-3.0'));
  writeFileSync(join(folder, 'gtk-3.0/settings.ini'), STILL);
  const screen = ['-screen', '0', '1280x1024x24', '-nolisten', 'tcp', '-displayfd', '1'];
  const display = new Child(installed('/usr/bin/Xvfb', 'xvfb'), screen);
  const [, number] = await display.printed(/^(\d+)\n/m);
  const environment = {
    DISPLAY: `:${number}`,
    XDG_RUNTIME_DIR: folder,
    XDG_CONFIG_HOME: folder,
    WEBKIT_DISABLE_DMABUF_RENDERER: '1',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  };
  const port = await freeTcpPort();
  const driver = new Child('/usr/bin/WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], environment);
  const session = await WebDriver.start(`http://127.0.0.1:${port}`, {
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary, args: ['--automation'] },
  });
  return {
    name: 'WebKitGTK',
    version: String(session.capabilities['browserVersion']),
    open: (url) => open(session, url),
    close: async () => {
      await session.end();
      await driver.kill('SIGTERM');
      await display.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The session has one window for all pages. W3C WebDriver doesn't report the console. */
async function open(session: WebDriver, url: string): Promise<Page> {
  await session.post('window/rect', { x: 0, y: 0, width: 1280, height: 1000 });
  await session.post('url', { url });
  return {
    errors: [],
    click: async (selector) => session.post(`${await session.element(selector)}/click`),
    fill: async (selector, text) => {
      const element = await session.element(selector);
      await session.post(`${element}/clear`);
      await session.post(`${element}/value`, { text });
    },
    press: async (key) => {
      const value = key === 'Enter' ? ENTER : key;
      const actions = [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ];
      await session.post('actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
    },
    text: async (selector) => String(await session.read(`${await session.element(selector)}/text`)),
    reload: () => session.post('refresh'),
    screenshot: async () => Buffer.from(String(await session.read('screenshot')), 'base64'),
    close: async () => session.post('url', { url: 'about:blank' }),
  };
}

function freeTcpPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
