import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { type Asked, type Connected, expectOthersToLiveOn, expectSpread, order } from '../support/core-programs.js';

const WORKERS = 4;
const COUNT = 400;
/** Six times the standard deviation of a worker's number, of 400. */
const MOST_PERCENT = 52;
const ADDRESSES = ['127.0.0.1', '127.0.0.2'];
const { CI } = process.env;
/** `./build.sh test` installs them. */
const node = (version: number): string => join(process.cwd(), `build/runtimes/node_modules/node${version}/bin/node`);

/** The package and the programs of the tests, without koffi. */
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cores-'));
  for (const path of ['package.json', 'dist', 'test/cores/programs']) {
    cpSync(path, join(folder, path), { recursive: true });
  }
});
afterEach(() => Child.endAll());
afterAll(() => rmSync(folder, { recursive: true }));

/** A server. Without `steering`: that of the default. */
function startServer(version: number, steering?: string): Child {
  const task = { workers: WORKERS, addresses: ADDRESSES, port: 0, ...(steering && { steering }) };
  return new Child(node(version), [join(folder, 'test/cores/programs/ordered-server.mjs'), JSON.stringify(task)]);
}

// `./build.sh test` installs the runtimes; they may be missing if vitest is run alone.
describe.skipIf(!existsSync(node(20)) && !CI)('without koffi', () => {
  test.each([22, 26])(
    'Node %i opens a socket for each worker: associations are spread and stay in their workers, and the others live on when one dies',
    async (version) => {
      const server = startServer(version, 'workers');
      const [, port] = await server.printed(/^steering: workers, port: (\d+)$/m);
      const task = { addresses: ['127.1.1.1', '127.1.1.2'], server: ADDRESSES, port: Number(port) };
      const client = new Child(process.execPath, ['test/cores/programs/ordered-client.mjs', JSON.stringify(task)]);
      await client.printed(/^ready$/m);
      const connected = await order<Connected>(client, `connect ${COUNT}`);
      expectSpread(connected, WORKERS, MOST_PERCENT);
      const good = { open: COUNT, wrong: 0, moved: 0, ended: 0 };
      expect(await order<Asked>(client, 'ask')).toEqual(good);
      const { workers } = await order<{ workers: { received: number; handedOver: number }[] }>(server, 'statistics');
      const sum = (name: 'received' | 'handedOver') => workers.reduce((all, each) => all + each[name], 0);
      expect(sum('received')).toBeGreaterThan(5 * COUNT);
      expect(sum('handedOver')).toBeGreaterThan(sum('received') / 2);
      await expectOthersToLiveOn(server, client, 2, connected);
    },
  );

  test('a port in use is EADDRINUSE, though others might share it', async () => {
    const first = startServer(24, 'workers');
    const [, port] = await first.printed(/^steering: workers, port: (\d+)$/m);
    const task = { workers: 2, addresses: ADDRESSES, port: Number(port), steering: 'workers' };
    const program = join(folder, 'test/cores/programs/ordered-server.mjs');
    const second = new Child(node(24), [program, JSON.stringify(task)]);
    expect(await second.exit()).toBe(1);
    expect(second.output).toContain('EADDRINUSE');
  });

  test('Node 20 refuses to do so, and says what it needs', async () => {
    const server = startServer(20, 'workers');
    expect(await server.exit()).toBe(1);
    expect(server.output).toContain('EOPNOTSUPP: Cores.start: ');
    expect(server.output).toContain('koffi');
    expect(server.output).toContain('Node 22.12');
  });

  test.each([
    [20, 'main'],
    [24, 'workers'],
  ])('in Node %i the default is: %s', async (version, steering) => {
    await startServer(version).printed(new RegExp(`^steering: ${steering}, `, 'm'));
  });
});
