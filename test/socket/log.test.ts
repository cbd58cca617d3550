import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { conn, type LogEntry, type LogLevel, Stack } from '../../src/index.js';
import { connected, failure, newStack, PORT, pattern, SERVER, withTwoStacks } from '../support/two-stacks.js';

const { CI } = process.env;

/** Runs a body with a client and a server that log to `entries`, which gets the server's entries, and the client's. */
async function logged(level: LogLevel, body: Parameters<typeof withTwoStacks>[0]): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  const log = { level, write: (entry: LogEntry) => void entries.push(entry) };
  await withTwoStacks(body, { stack: { log }, limitMs: 1e7 });
  return entries;
}

const messages = (entries: readonly LogEntry[]) => entries.map(({ level, message }) => `${level}: ${message}`);

describe('the log of a stack', () => {
  test('info: associations and paths come and go', async () => {
    const entries = await logged('info', async (stacks) => {
      const { a, b } = await connected(stacks);
      await stacks.network.advance(1000);
      await Promise.all([a.close(), b.close()]);
      await stacks.network.advance(10);
    });
    const text = messages(entries);
    expect(text).toContainEqual(
      expect.stringMatching(/^info: association \d+ is up with 10\.0\.1\.2:5001, .* from port \d+$/),
    );
    expect(text).toContainEqual(
      expect.stringMatching(/^info: association \d+: the path to 10\.0\.2\.[12] is confirmed$/),
    );
    expect(text).toContainEqual(expect.stringMatching(/^info: association \d+ was shut down in order$/));
    expect(new Set(entries.map(({ level }) => level))).toEqual(new Set(['info']));
    expect(entries.every(({ timeMs }) => timeMs >= 0 && timeMs < 2000)).toBe(true);
  });

  test('warn: aborts with their reason, a peer that no longer answers, a set-up that fails, and nothing else', async () => {
    const entries = await logged('warn', async (stacks) => {
      const { a, b } = await connected(stacks);
      a.abort('enough');
      await b.closed;
      await failure(stacks.client.socket().connectx([{ address: '10.0.1.77', port: PORT }], { timeoutMs: 1500 }));
    });
    const text = messages(entries);
    expect(text).toContainEqual(
      expect.stringMatching(
        /^warn: association \d+ has ended: ECONNRESET: the peer has aborted .*\(User-Initiated Abort: enough\)$/,
      ),
    );
    expect(text).toContainEqual(
      expect.stringMatching(/^warn: association \d+ has ended: ETIMEDOUT: connectx: not connected/),
    );
    expect(new Set(entries.map(({ level }) => level))).toEqual(new Set(['warn']));
  });

  test('debug: INITs, retransmissions, aborts on the wire, MTU changes and dropped packets with the reason', async () => {
    const entries = await logged('debug', async (stacks) => {
      const { a, b } = await connected(stacks);
      void (async () => {
        for await (const _ of b);
      })().catch(() => undefined);
      for (let count = 0; count < 50; count++) {
        await a.send(pattern(5000)); // so that the path MTU is probed
        await stacks.network.advance(100);
      }
      stacks.network.oneWay('10.0.1.1', '10.0.1.2', { loss: 1 });
      stacks.network.oneWay('10.0.2.1', '10.0.2.2', { loss: 1 });
      void a.send(pattern(100));
      await stacks.network.advance(2500);
      stacks.network.oneWay('10.0.1.1', '10.0.1.2', { loss: 0, corrupt: 1 });
      stacks.network.oneWay('10.0.2.1', '10.0.2.2', { loss: 0 });
      void a.send(pattern(100)).catch(() => undefined);
      await stacks.network.advance(20_000);
      stacks.network.oneWay('10.0.1.1', '10.0.1.2', { corrupt: 0 });
      b.abort('tired');
      await stacks.network.advance(100);
    });
    const text = messages(entries);
    for (const pattern of [
      /^debug: sent INIT to 10\.0\.1\.2$/,
      /^debug: received INIT ACK from 10\.0\.1\.2$/,
      /^debug: retransmitted TSN \d+ to 10\.0\.[12]\.2$/,
      /^debug: dropped (a packet|\d+ packets): wrong checksum$/,
      /^debug: sent ABORT \(User-Initiated Abort: tired\) to 10\.0\.[12]\.1$/,
      /^info: association \d+: the path to 10\.0\.[12]\.\d carries \d{4} bytes of chunks in a packet$/,
    ]) {
      expect(text).toContainEqual(expect.stringMatching(pattern));
    }
    expect(text.filter((line) => /^debug: sent DATA/.test(line))).toEqual([]);
  });

  test('trace: every packet', async () => {
    const entries = await logged('trace', async (stacks) => {
      const { a, b } = await connected(stacks);
      await a.send('hello');
      await b.receive();
    });
    expect(messages(entries)).toContainEqual(expect.stringMatching(/^trace: sent DATA tsn \d+ to 10\.0\.1\.2$/));
  });

  test('may be a function; an error that it throws does not disturb the stack', async () => {
    await withTwoStacks(async (stacks) => {
      const host = stacks.network.host('third', ['10.0.1.3']);
      const written: string[] = [];
      const stack = await newStack(stacks.network, host, { log: ({ message }) => written.push(message) });
      await failure(stack.socket().connectx(SERVER));
      expect(written).toEqual([expect.stringContaining('ECONNREFUSED: connectx: the peer refused')]);
      await stack.close();
    });
  });

  test('is refused if its level or its function is wrong', async () => {
    const transport = conn({ onConnOutput: () => undefined });
    const create = (log: unknown) => Stack.create({ transport, log: log as never });
    await expect(create({ level: 'inof', write: () => undefined })).rejects.toThrow("did you mean 'info'?");
    await expect(create({ level: 'info' })).rejects.toThrow('log.write must be a function');
    await expect(create({ levle: 'info', write: () => undefined })).rejects.toThrow("did you mean 'level'?");
  });
});

// It runs the built package, which may be missing if vitest is run without ./build.sh.
test.skipIf(!existsSync('dist/udp.js') && !CI)(
  'NODE_DEBUG=usrsctp logs to the standard error, and nothing else does',
  () => {
    const program = `
    import { Stack } from 'usrsctp-wasm';
    import { udp } from 'usrsctp-wasm/udp';
    const stack = await Stack.create({ transport: udp({ addresses: ['127.0.0.1'], port: 0 }) });
    await stack.socket().connect({ address: '127.0.0.1', port: 9 }, { timeoutMs: 100 }).catch(() => undefined);
    await stack.close();
  `;
    const run = (env: object) =>
      spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
        timeout: 30_000,
        env: { ...process.env, ...env },
      });
    expect(run({ NODE_DEBUG: 'http,usrsctp' }).stderr).toMatch(
      /^USRSCTP \d+: debug sent INIT to 127\.0\.0\.1, UDP port 9899\n/,
    );
    expect(run({ NODE_DEBUG: 'usrsctpx' }).stderr).toBe('');
  },
);

/** How the text of the peer's ABORT is told in the test below. */
const PRINTABLE = 'bye\\u{a}warn \\u{1b}[2Jall is well\\u{202e}\\u{85}';

test('the text of a peer can write no line of its own into the log or an error, and does not control the terminal', async () => {
  const entries = await logged('warn', async (stacks) => {
    const { a, b } = await connected(stacks);
    const text = 'bye\nwarn \u001b[2Jall is well\u202e\u0085';
    a.abort(text);
    const error = await failure(b.receive());
    expect(error).toMatchObject({ abort: [{ text }] }); // as it came
    expect(error.message).toContain(PRINTABLE);
  });
  expect(messages(entries).filter((each) => each.includes(PRINTABLE)).length).toBeGreaterThan(0);
  expect(messages(entries).join('')).not.toMatch(/\p{Cc}/u);
});
