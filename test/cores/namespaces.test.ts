import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { Namespaces } from '../support/namespaces.js';

const WORKERS = 4;
const PORT = 9899;
const namespaces = new Namespaces();
const both = (side: 'left' | 'right') => ([1, 2] as const).map((way) => namespaces.address(side, way, 'IPv4'));

beforeEach(() => namespaces.create());
afterEach(async () => {
  await Child.endAll();
  namespaces.remove();
});

function start(side: 'left' | 'right', program: string, task: object): Child {
  const file = fileURLToPath(new URL(`programs/${program}.mjs`, import.meta.url));
  return Child.inNamespace(namespaces.name(side), process.execPath, file, JSON.stringify(task));
}

/** Gives an order, and resolves with the next line of JSON. */
async function order<Answer>(child: Child, text: string): Promise<Answer> {
  const answers = (output: string) => [...output.matchAll(/^(\{.*\})\n/gm)].map(([, json = '']) => json);
  const before = answers(child.output).length;
  child.write(`${text}\n`);
  const json = await child.until((output) => answers(output)[before], `it has answered '${text}'`);
  return JSON.parse(json) as Answer;
}

interface Asked {
  readonly open: number;
  readonly wrong: number;
  readonly moved: number;
  readonly ended: number;
}

describe.each([
  ['kernel', 2000],
  ['workers', 400],
  ['main', 400],
] as const)('in network namespaces, 4 workers, steering: %s', (steering, count) => {
  test(`${count} associations by two links are spread, stay in their workers when a link is cut, and others live on when a worker dies`, async () => {
    const server = start('right', 'namespace-server', {
      steering,
      workers: WORKERS,
      addresses: both('right'),
      port: PORT,
    });
    await server.printed(new RegExp(`^steering: ${steering}$`, 'm'));
    const client = start('left', 'namespace-client', { addresses: both('left'), server: both('right'), port: PORT });
    await client.printed(/^ready$/m);
    const connected = await order<{ workers: Record<string, number>; paths: number[] }>(client, `connect ${count}`);
    expect(connected.paths.every((paths) => paths === 2)).toBe(true);
    const share = count / WORKERS;
    // A worker's number has a standard deviation of 19 of 500, or 9 of 100: this is six times that.
    const most = 6 * Math.sqrt((share * (WORKERS - 1)) / WORKERS);
    for (let index = 0; index < WORKERS; index++) {
      expect(Math.abs((connected.workers[index] ?? 0) - share)).toBeLessThan(most);
    }
    const good = { open: count, wrong: 0, moved: 0, ended: 0 };
    expect(await order<Asked>(client, 'ask')).toEqual(good);
    namespaces.drop('right', 1);
    namespaces.drop('left', 1);
    expect(await order<Asked>(client, 'ask')).toEqual(good);
    namespaces.heal();
    server.write('kill 2\n');
    await server.printed(/^worker 2 has ended$/m);
    await server.printed(/^worker 2 listens$/m);
    const left = count - (connected.workers[2] ?? 0);
    // All peers of the worker were told by ABORT, so none of them is open.
    await expect.poll(() => order<Asked>(client, 'ask'), { timeout: 20_000 }).toEqual({ ...good, open: left });
    const again = await order<{ workers: Record<string, number> }>(client, 'connect 100');
    expect(again.workers[2]).toBeGreaterThan(0);
  });
});
