import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataChannel, DataChannels } from '../../../src/datachannel.js';
import type { Browser } from '../../browsers/browser.js';
import { answer, type NodePeer } from './peer.js';
import {
  type Exchanged,
  type Lossy,
  type Many,
  MESSAGES,
  SAMPLES,
  sampleOf,
  sha256,
  type Task,
  type Transferred,
} from './task.js';

const LAUNCH_MS = 60_000;
const TEN_MB = 10 * 1024 * 1024;

/** Serves the page, answers its offer, and waits for its report. */
class Site {
  readonly #server: Server;
  readonly #script: string;
  #offered!: (peer: NodePeer) => void;
  #reported!: (report: { result?: unknown; error?: string }) => void;

  static async open(): Promise<Site> {
    const { outputFiles } = await build({
      entryPoints: ['test/datachannel/webrtc/page.ts'],
      bundle: true,
      format: 'esm',
      write: false,
    });
    const site = new Site(outputFiles[0]?.text ?? '');
    await once(site.#server.listen(0, '127.0.0.1'), 'listening');
    return site;
  }

  private constructor(script: string) {
    this.#script = script;
    this.#server = createServer(async (request, response) => {
      const body = request.method === 'POST' ? await text(request) : '';
      response.end(await this.#answer(request.url ?? '', body));
    });
  }

  async #answer(url: string, body: string): Promise<string> {
    if (url.startsWith('/offer')) {
      const peer = await answer(body);
      this.#offered(peer);
      return peer.answer;
    }
    if (url === '/report') this.#reported(JSON.parse(body));
    return url.startsWith('/?')
      ? `<!doctype html><title>page</title><script type="module">${this.#script}</script>`
      : '';
  }

  /** Runs a task in a page, and Node's part of it. Returns the result of the page. */
  async run<T>(
    browser: Browser,
    task: Task,
    serve: (channels: DataChannels, peer: NodePeer) => Promise<void>,
  ): Promise<T> {
    const offered = new Promise<NodePeer>((resolve) => {
      this.#offered = resolve;
    });
    const reported = new Promise<{ result?: unknown; error?: string }>((resolve) => {
      this.#reported = resolve;
    });
    const { port } = this.#server.address() as AddressInfo;
    const page = await browser.open(`http://127.0.0.1:${port}/?task=${encodeURIComponent(JSON.stringify(task))}`);
    const peer = await offered;
    try {
      const [{ result, error }] = await Promise.all([
        reported,
        peer.channels.then((channels) => serve(channels, peer)),
      ]);
      expect(error).toBeUndefined();
      return result as T;
    } finally {
      await page.close();
      await peer.close();
    }
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function accepted(channels: DataChannels, label?: string): Promise<DataChannel> {
  const channel = await channels.accept({ timeoutMs: 30_000 });
  if (!channel) throw new Error('no channel came');
  if (label !== undefined) expect(channel.label).toBe(label);
  return channel;
}

async function echo(channel: DataChannel): Promise<void> {
  for await (const message of channel) await channel.send(message);
}

/** The tests for each browser: SCTP and data channels between its stack and ours, over DTLS. */
export function webrtcSuite(name: string, launch: () => Promise<Browser>): void {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [browser, site] = [await launch(), await Site.open()];
  }, LAUNCH_MS);
  afterAll(async () => {
    site?.close();
    await browser?.close();
  });

  describe(name, () => {
    test('exchanges texts, bytes, empty messages and 256 KB with Node, on channels that either end opens', async () => {
      const result = await site.run<Exchanged>(browser, { job: 'exchange' }, async (channels) => {
        const theirs = await accepted(channels, 'echo');
        expect(theirs).toMatchObject({ protocol: 'test', ordered: true, maxPacketLifeTime: null });
        echo(theirs).catch(() => undefined); // until the page is closed
        const ours = channels.createDataChannel('from Node', {
          ordered: false,
          maxPacketLifeTime: 60_000,
          protocol: 'reply',
        });
        await ours.opened;
        for (const sample of SAMPLES) {
          ours.send(sampleOf(sample));
          expect(await ours.receive({ timeoutMs: 20_000 })).toEqual(sampleOf(sample));
        }
        await ours.close();
      });
      expect(result.wrong).toEqual([]);
      const theirs = { label: 'from Node', protocol: 'reply', ordered: false, maxPacketLifeTime: 60_000 };
      expect(result.theirs).toMatchObject(theirs);
    });

    test('exchanges 10 MB with Node in both directions at once', async () => {
      const here: string[] = [];
      const result = await site.run<Transferred>(browser, { job: 'transfer', bytes: TEN_MB }, async (channels) => {
        const channel = await accepted(channels, 'bulk');
        const data = Uint8Array.from({ length: TEN_MB }, (_, at) => (at * at) >> 5);
        const sending = (async () => {
          for (let at = 0; at < TEN_MB; at += 65_536) await channel.send(data.subarray(at, at + 65_536));
        })();
        const parts: ArrayBuffer[] = [];
        for await (const message of channel) parts.push(message as ArrayBuffer);
        await sending;
        here.push(await sha256(data), await sha256(new Uint8Array(await new Blob(parts).arrayBuffer())));
      });
      expect([result.received, result.sent]).toEqual(here);
    });

    test('loses nothing on a reliable channel and gives messages up on others while packets are lost', async () => {
      const numbers: Record<string, number[]> = {};
      const result = await site.run<Lossy>(browser, { job: 'lossy' }, async (channels, peer) => {
        const [control, ...others] = await fourChannels(channels);
        for (const channel of others) {
          const list: number[] = [];
          numbers[channel.label] = list;
          channel.onmessage = ({ data }) => list.push(Number(data));
        }
        peer.loss(0.1);
        control.send('packets are lost from now on');
        for (let count = 0; count < MESSAGES; count++) {
          for (const channel of others) channel.send(String(count).padEnd(100));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        expect(await control.receive()).toBe('sent');
        peer.loss(0);
        control.send('sent');
        while (numbers['unordered']?.length !== MESSAGES) await new Promise((resolve) => setTimeout(resolve, 20));
      });
      for (const at of [numbers, result.numbers]) {
        const { unordered = [], once: sentOnce = [], timed = [] } = at;
        expect(unordered.toSorted((a, b) => a - b)).toEqual(Array.from({ length: MESSAGES }, (_, count) => count));
        expect(new Set(sentOnce).size).toBe(sentOnce.length);
        expect(sentOnce.length).toBeLessThan(MESSAGES);
        expect(sentOnce.length).toBeGreaterThan(MESSAGES / 2);
        expect(timed).toEqual(timed.toSorted((a, b) => a - b));
        expect(new Set(timed).size).toBe(timed.length);
        expect(timed.length).toBeGreaterThan(MESSAGES / 4);
      }
    });

    test('opens 100 channels at each end at once, which either end closes, and their ids are used again', async () => {
      const result = await site.run<Many>(browser, { job: 'many', count: 100 }, async (channels) => {
        const answering = (async () => {
          const served: Promise<unknown>[] = [];
          for (let count = 0; count < 100; ) {
            const channel = await accepted(channels);
            if (channel.label === 'anchor') continue;
            count++;
            const isTheirs = Number(channel.label.split(' ')[1]) % 2 === 0;
            channel.onmessage = async ({ data }) => {
              await channel.send(data);
              if (!isTheirs) channel.close();
            };
            served.push(channel.closed);
          }
          await Promise.all(served);
        })();
        const own = await Promise.all(
          Array.from({ length: 100 }, async (_, number) => {
            const channel = channels.createDataChannel(`Node ${number}`);
            await channel.opened;
            await channel.send(channel.label);
            expect(await channel.receive({ timeoutMs: 30_000 })).toBe(channel.label);
            if (number % 2 === 0) channel.close();
            expect(await channel.closed).toBeUndefined();
            return channel.id;
          }),
        );
        await answering;
        expect(new Set(own).size).toBe(100);
        const again = channels.createDataChannel('again');
        expect(own).toContain(again.id);
        await again.opened;
      });
      expect(result.echoed).toBe(100);
    });
  });
}

/** The channels of the page's task, `control` first. */
async function fourChannels(channels: DataChannels): Promise<[DataChannel, ...DataChannel[]]> {
  const all: DataChannel[] = [];
  while (all.length < 4) all.push(await accepted(channels));
  const control = all.find(({ label }) => label === 'control');
  if (!control) throw new Error('the page has opened no control channel');
  return [control, ...all.filter((channel) => channel !== control)];
}
