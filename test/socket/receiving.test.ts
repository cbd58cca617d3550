import { describe, expect, test } from 'vitest';
import { codeOf, connected, failure, PORT, pattern, SERVER, textOf, withTwoStacks } from '../support/two-stacks.js';

const STYLES = ['one-to-one', 'one-to-many'] as const;

describe('receive()', () => {
  test('takes no message if a deadline or a signal ends it: the next receiver gets it', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      expect(await codeOf(b.receive({ timeoutMs: 0 }))).toBe('ETIMEDOUT');
      expect(await codeOf(b.receive({ timeoutMs: 100 }))).toBe('ETIMEDOUT');
      const controller = new AbortController();
      const given = failure(b.receive({ signal: controller.signal }));
      const patient = b.receive();
      controller.abort(new Error('enough'));
      await a.send('one');
      expect((await given).message).toContain('enough');
      expect(textOf(await patient)).toBe('one');
      await a.send('two');
      await stacks.network.advance(1);
      expect((await failure(b.receive({ signal: controller.signal }))).message).toContain('enough');
      expect(textOf(await b.receive({ timeoutMs: 0 }))).toBe('two');
    });
  });

  test('loses nothing if it is aborted at the instant at which a message arrives', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const controller = new AbortController();
      const given = failure(b.receive({ signal: controller.signal }));
      b.on('adaptation', () => undefined);
      stacks.network.filter(({ destination }) => {
        if (destination === '10.0.1.2') queueMicrotask(() => controller.abort(new Error('now')));
        return undefined;
      });
      await a.send('kept');
      await given;
      expect(textOf(await b.receive())).toBe('kept');
    });
  });

  test('serves concurrent calls in their order', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const receivers = [b.receive(), b.receive(), b.receive()];
      for (const text of ['1', '2']) await a.send(text);
      await a.close();
      expect((await Promise.all(receivers)).map((message) => message && textOf(message))).toEqual([
        '1',
        '2',
        undefined,
      ]);
    });
  });

  test('aborts the association if a message is larger than maxMessageBytes, with a reason at both ends', async () => {
    await withTwoStacks(async (stacks) => {
      for (const style of STYLES) {
        const port = style === 'one-to-one' ? PORT : PORT + 1;
        const server = stacks.server.socket({ style, maxMessageBytes: 100_000 });
        server.bindx([{ address: '10.0.1.2', port }]);
        server.listen();
        const a = await stacks.client.socket().connect({ address: '10.0.1.2', port });
        const b = await server.accept();
        await a.send(pattern(100_000));
        expect((await b.receive())?.data.length).toBe(100_000);
        const sent = a.send(pattern(1_000_000)).catch(() => undefined);
        const error = await failure(b.receive());
        expect(error).toMatchObject({ code: 'EMSGSIZE' });
        expect(error.message).toContain('100000');
        expect(await a.closed).toMatchObject({ code: 'ECONNRESET', abort: [{ text: 'message too large' }] });
        await sent;
      }
    });
  });
});

test('a listener that throws breaks neither the stack nor the other listeners', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const errors: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => errors.push(error));
    try {
      let calls = 0;
      b.on('shutdown', () => {
        throw new Error('my own mistake');
      });
      b.on('shutdown', () => calls++);
      b.once('close', () => calls++);
      await a.send('x');
      await a.close();
      expect(textOf(await b.receive())).toBe('x');
      expect(await b.receive()).toBeUndefined();
      await stacks.network.advance(10);
      expect(calls).toBe(2);
      expect(errors.map(String)).toEqual(['Error: my own mistake']);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of others) process.on('uncaughtException', listener);
    }
    const next = await stacks.client.socket().connectx(SERVER);
    expect(next.state).toBe('open');
  });
});

test('listeners can be removed, and once() calls only once', async () => {
  await withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    const calls: string[] = [];
    const off = a.on('path', () => calls.push('on'));
    const listener = () => calls.push('off');
    a.on('path', listener);
    a.off('path', listener);
    a.once('path', () => calls.push('once'));
    stacks.serverHost.addressDown('10.0.2.2');
    await stacks.network.advance(400_000);
    off();
    expect(calls.filter((call) => call === 'once')).toHaveLength(1);
    expect(calls.filter((call) => call === 'on').length).toBeGreaterThan(0);
    expect(calls).not.toContain('off');
  });
});
