import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Host, type Network, scenario } from '../../src/simulated.js';
import { Child } from '../support/child.js';
import { freePort } from '../support/native.js';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const folder = `${CHECKOUT}examples/raw/`;

afterEach(() => Child.endAll());

type Main = (argv: readonly string[], machine: object) => Promise<number>;

/**
 * Runs a program of examples/raw/. Starting usrsctp takes real time, so virtual time stands still until the program waits
 * for something.
 */
async function program(name: string) {
  const main: Main = (await import(/* @vite-ignore */ `${folder}${name}.mjs`)).main;
  return (argv: readonly string[], own: ReturnType<typeof machine>, more: object = {}): Promise<number> => {
    let started = () => {};
    own.standStill(new Promise((resolve) => (started = resolve)));
    const sleep = (ms: number) => {
      started();
      return own.sleep(ms);
    };
    return main(argv, { ...own, sleep, ...more }).finally(started);
  };
}

/** What a program needs of an operating system. */
function machine(network: Network, { transport, random }: Host, lines: readonly string[] = []) {
  const { clock } = network;
  const printed: string[] = [];
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.schedule(ms, resolve));
  const stdin = (async function* () {
    for (const line of lines) {
      yield line;
      await sleep(100);
    }
  })();
  const printf = (text: string) => printed.push(text);
  const standStill = (work: Promise<void>) => void network.standStill(work);
  const now = () => clock.now();
  return { network: () => ({ transport, random, clock }), stdin, printf, sleep, now, standStill, printed };
}

test('client and echo_server talk to each other', async () => {
  const [client, server] = [await program('client'), await program('echo_server')];
  await scenario({ seed: 1 }, async (network) => {
    const lines = ['hello', 'world'];
    const left = machine(network, network.host('client', ['10.0.1.1', '10.0.2.1']), lines);
    const right = machine(network, network.host('server', ['10.0.1.2', '10.0.2.2']));
    let isOver = false;
    const serving = server([], right, { isOver: () => isOver });
    expect(await client(['10.0.1.2', '7'], left)).toBe(0);
    isOver = true;
    expect(await serving).toBe(0);
    const printed = left.printed.join('');
    expect(printed).toContain('Peer addresses: 10.0.1.2, 10.0.2.2.\nhello\nworld\n');
    expect(printed).toMatch(/SCTP_ASSOC_CHANGE: Association change SCTP_COMM_UP, streams/);
    expect(printed).toMatch(/Number of packets \(sent\/received\): \(\d+\/\d+\)/);
    expect(right.printed.filter((line) => line.startsWith('Msg of length 6'))).toHaveLength(2);
    expect(right.printed.join('')).toMatch(/on stream 0 with SSN 0 and TSN \d+, PPID 0, context 47, complete 1/);
  });
});

test('tsctp measures throughput', async () => {
  const tsctp = await program('tsctp');
  await scenario({ seed: 1, conditions: { latencyMs: 5, loss: 0.01 } }, async (network) => {
    const left = machine(network, network.host('client', ['10.0.1.1']));
    const right = machine(network, network.host('server', ['10.0.1.2']));
    const serving = tsctp([], right);
    expect(await tsctp(['-l', '2000', '-n', '500', '-D', '10.0.1.2'], left)).toBe(0);
    expect(await serving).toBe(0);
    expect(right.printed.join('')).toMatch(
      /^Listening\.\n500 messages, 1000000 bytes, \d+ recv\(\) calls, [\d.]+ MB\/s\n$/,
    );
  });
});

test('the programs run as processes, over UDP', async () => {
  expect(existsSync(`${CHECKOUT}dist/raw.js`), 'dist/ is missing: ./build.sh makes it').toBe(true);
  const [here, there] = [await freePort(), await freePort()].map(String) as [string, string];
  const run = (name: string, ...args: string[]) => new Child(process.execPath, [`${folder}${name}.mjs`, ...args]);
  const server = run('echo_server', there, here);
  await server.printed(/Listening/);
  const client = run('client', '127.0.0.1', '7', '0', here, there);
  await client.printed(/Peer addresses/);
  client.write('over UDP\n');
  await client.printed(/over UDP\n/);
  client.end();
  expect(await client.exit()).toBe(0);
});
