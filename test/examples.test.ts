import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type Association, Stack } from '../src/index.js';
import { udp } from '../src/udp.js';
import { chromium } from './browsers/engines/chromium.js';
import { Child } from './support/child.js';

/** A UDP port that no other test uses, and the next ones. */
const UDP_PORT = 21_000 + 10 * (process.pid % 1000);

afterEach(() => Child.endAll());

const example = (name: string, ...args: (string | number)[]) =>
  new Child(process.execPath, [`examples/${name}.mjs`, ...args.map(String)]);

// ./build.sh test builds it first. It may be missing if vitest is run without that.
describe.skipIf(!existsSync('dist/index.js') && !process.env['CI'])('the examples', () => {
  test('ip: a client is answered by a server on the same machine, without UDP', async () => {
    const server = example('ip', 'server', 5001);
    await server.printed(/SCTP port 5001/);
    const client = example('ip', 'client', '127.0.0.1', 5001);
    expect(await client.exit()).toBe(0);
    expect(client.output).toMatch(/answer: hello/);
  });

  test('Diameter: a client whose server is killed and started again gets each answer', async () => {
    const start = async () => {
      const server = example('diameter/server', 3868, UDP_PORT);
      await server.printed(/listening/);
      return server;
    };
    const server = await start();
    const client = example(
      'diameter/client',
      '127.0.0.1',
      ...['--udp-port', UDP_PORT, '--own-port', UDP_PORT + 1, '--requests', 60],
    );
    await client.printed(/^answered 20$/m);
    await server.kill();
    await start();
    expect(await client.exit()).toBe(0);
    expect(client.output).toMatch(/not connected: /);
    const numbers = [...client.output.matchAll(/^answered (\d+)$/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  test('Diameter: a server whose client is killed and started again serves it', async () => {
    const server = example('diameter/server', 3868, UDP_PORT + 2);
    await server.printed(/listening/);
    const start = (requests: number) =>
      example(
        'diameter/client',
        '127.0.0.1',
        ...['--udp-port', UDP_PORT + 2, '--own-port', UDP_PORT + 3, '--requests', requests],
      );
    const killed = start(1000);
    await killed.printed(/^answered 10$/m);
    await killed.kill();
    const client = start(10);
    expect(await client.exit()).toBe(0);
    expect(client.output).toContain('answered 10');
    expect(server.output).toContain('a client has restarted');
  });

  test.each(['event', 'iterator', 'receive'])('one socket for many peers serves 1,000 of them by %s', async (way) => {
    const server = example('many-peers', way, UDP_PORT + 4);
    await server.printed(/serving/);
    const stack = await Stack.create({ transport: udp({ addresses: ['127.0.0.1'], port: 0 }) });
    const peer = { address: '127.0.0.1', port: 5001, encapsulationPort: UDP_PORT + 4 };
    const associations: Association[] = [];
    for (let number = 0; number < 1000; number++) {
      associations.push(await stack.socket().connect(peer, { timeoutMs: 20_000 }));
    }
    await Promise.all(
      associations.map(async (association, number) => {
        await association.send(`from ${number}`);
        const message = await association.receive({ timeoutMs: 20_000 });
        expect(new TextDecoder().decode(message?.data)).toBe(`from ${number}`);
      }),
    );
    await stack.close();
  });

  test('WebRTC: a page in Chromium sends to Node on a data channel, and gets an answer', async () => {
    const server = example('webrtc', 0);
    const [, url = ''] = await server.printed(/open (http:\S+)/);
    const browser = await chromium();
    try {
      const page = await browser.open(url);
      await server.printed(/the page has opened the channel 'chat'/);
      await page.fill('input', 'hello');
      await page.click('body'); // the input has changed
      await expect.poll(() => page.text('ul'), { timeout: 20_000 }).toBe('Node has received: hello');
      expect(page.errors).toEqual([]);
    } finally {
      await browser.close();
    }
    const lines = readFileSync('examples/webrtc.mjs', 'utf8').split('\n').length - 1;
    expect(lines).toBeLessThan(60);
  });
});
