import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import * as capture from '../../src/capture.js';
import { Stack } from '../../src/index.js';
import * as simulated from '../../src/simulated.js';
import { captured } from '../golden/captured.js';
import { networkTrace, sha256 } from '../golden/golden.js';
import { stacksTrace } from '../golden/stacks.js';
import { Child } from '../support/child.js';
import { closeRelays } from '../support/relays.js';
import type { Browser, Page } from './browser.js';
import { driveLivePage, driveSingleFile } from './live.js';
import { channelServer, nativeServer, nodeServer, recordingServer } from './servers.js';
import { Site } from './site.js';
import type { ChannelsResult, Task, TransferResult, Where } from './task.js';

const MESSAGES = 1250;
const MESSAGE_BYTES = 8000;
const LAUNCH_MS = 60_000;

/** The tests for each browser, on pages with a strict policy. */
export function browserSuite(name: string, launch: () => Promise<Browser>): void {
  let browser: Browser;
  let site: Site;
  let page: Page | undefined;
  beforeAll(async () => {
    browser = await launch();
  }, LAUNCH_MS);
  afterAll(async () => {
    await browser?.close();
    await Child.endAll();
  });
  beforeEach(async () => {
    site = await Site.open();
  });
  afterEach(async () => {
    await page?.close();
    await closeRelays();
    await site.close();
  });

  const start = async (task: Task) => {
    page = await browser.open(site.urlOf(task));
  };
  /** The result of a task. There must be no complaints. */
  const result = async () => {
    const { result: reported } = await site.report('done');
    expect(site.complaints).toEqual([]);
    expect(page?.errors.filter((error) => !/WebSocket|ws:/.test(error))).toEqual([]); // errors of the relay that was stopped
    return reported;
  };

  describe(name, () => {
    for (const where of ['page', 'worker'] satisfies Where[]) {
      for (const server of [nodeServer, nativeServer]) {
        test(`a ${where} exchanges 10 MB with ${server.title} through two relays, one of which is stopped`, async () => {
          const { relays, received, close, ...rest } = await server.start(MESSAGES, MESSAGE_BYTES);
          const urls = relays.map(({ url }) => url);
          await start({
            job: 'transfer',
            where,
            relays: urls,
            messages: MESSAGES,
            messageBytes: MESSAGE_BYTES,
            ...rest,
          });
          await site.report('half');
          await relays[0]?.crash();
          const here = (await result()) as TransferResult;
          const there = await received(here);
          expect(here.receivedBytes).toBe(MESSAGES * MESSAGE_BYTES);
          expect(here.received).toBe(there.sent);
          expect(here.sent).toBe(there.received);
          expect(here.relays).toEqual([expect.not.stringMatching('up'), 'up']);
          await close();
        });
      }
      test(`a ${where} produces the golden traces: the same bytes as in Node`, async () => {
        const network = await sha256(await networkTrace(simulated));
        const stacks = await sha256(await stacksTrace(simulated, Stack));
        await start({ job: 'golden', where });
        expect(await result()).toEqual({ network, stacks });
      });
    }

    test('data channels of a page lose nothing when one of their two relays is stopped', async () => {
      const { relays, ...server } = await channelServer();
      const [channels, messages, messageBytes] = [5, 200, 2000];
      const urls = relays.map(({ url }) => url);
      await start({ job: 'channels', where: 'page', relays: urls, channels, messages, messageBytes, ...server });
      await site.report('half');
      await relays[0]?.crash();
      const here = (await result()) as ChannelsResult;
      expect(here).toEqual({ wrong: [], echoes: channels * messages, relays: [expect.not.stringMatching('up'), 'up'] });
    });

    // Firefox closes the WebSockets of such a page without sending what it has said last.
    const end = name === 'Firefox' ? [] : ['ECONNRESET'];
    test(`a page that reloads ${end.length > 0 ? 'ends its association at once, and ' : ''}sets up another one`, async () => {
      const { events, ...server } = await recordingServer();
      await start({ job: 'reload', where: 'page', loads: 3, ...server });
      expect(await result()).toBe(3);
      // The server is told by a SHUTDOWN that is still under way.
      await vi.waitFor(() => expect(events).toEqual(['load 1', ...end, 'load 2', ...end, 'load 3', 'closed']), 5000);
    });

    test('two stacks in one page exchange messages over the simulated network, and survive the cut of a path', async () => {
      await start({ job: 'stacks', where: 'page', messages: 200 });
      expect(await result()).toEqual({ echoed: 200, changes: expect.arrayContaining(['10.0.1.2 unreachable']) });
    });

    test('a page captures packets, and reads them again: the same file as in Node', async () => {
      const { file, ...read } = await captured(simulated, Stack, capture);
      expect(read.ladder.length).toBeGreaterThan(20);
      expect(read.chunks).toEqual(expect.arrayContaining(['INIT', 'INIT ACK', 'DATA', 'SACK', 'SHUTDOWN COMPLETE']));
      await start({ job: 'capture', where: 'page' });
      expect(await result()).toEqual({ file: await sha256(file), ...read });
    });

    test('a stack without inlined wasm is created from a file that is compiled while it loads', async () => {
      await start({ job: 'streaming', where: 'page' });
      expect(await result()).toEqual({ addresses: ['10.0.1.1'] });
    });

    test(
      'the live page shows that a path is cut, continues over the other one, and shows that the path is restored',
      async () => {
        await driveLivePage(browser);
      },
      2 * LAUNCH_MS,
    );

    test(
      'the live page is a single file that needs no server: client, server and network run in it',
      async () => {
        await driveSingleFile(browser);
      },
      2 * LAUNCH_MS,
    );

    test('the policy is in force: eval is refused, and the violation is reported', async () => {
      await start({ job: 'eval', where: 'page' });
      await expect(site.report('done')).rejects.toThrow(/EvalError|unsafe-eval/);
      await site.complained(/script-src/);
    });
  });
}
