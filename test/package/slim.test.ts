import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WasmSource } from '../../src/bridge/module.js';
import * as whole from '../../src/index.js';
import { Network } from '../../src/simulated.js';
import * as slim from '../../src/slim.js';

const FILE = 'dist/usrsctp.wasm';
const bytes = new Uint8Array(readFileSync(FILE));

const server = createServer(({ url }, response) => {
  if (url === '/usrsctp.wasm') response.end(bytes);
  else response.writeHead(404).end();
});
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function started(wasm: WasmSource): Promise<slim.Stack> {
  const network = new Network({ seed: 1 });
  const { transport } = network.host('slim', ['10.0.1.1']);
  const stack = await slim.Stack.create({ transport, clock: network.clock, wasm });
  await stack.close();
  return stack;
}

describe('usrsctp-wasm/slim', () => {
  test('exports what usrsctp-wasm does', () => {
    expect(Object.keys(slim).sort()).toEqual(Object.keys(whole).sort());
  });

  test('loads no WebAssembly by itself', () => {
    const loads: Record<string, string[]> = JSON.parse(readFileSync('build/bundle.json', 'utf8'));
    const size = (entry: string) => loads[entry]!.reduce((sum, file) => sum + readFileSync(file).length, 0);
    expect(size('dist/slim.js')).toBeLessThan(size('dist/index.js') - bytes.length);
  });

  test.each<[string, () => WasmSource]>([
    ['a compiled module', () => new WebAssembly.Module(bytes)],
    ['bytes', () => bytes],
    ['an ArrayBuffer', () => bytes.slice().buffer],
    ['the URL of a server', () => new URL(`${origin}/usrsctp.wasm`)],
    ['a URL as text', () => `${origin}/usrsctp.wasm`],
    ['the URL of a file', () => pathToFileURL(FILE)],
  ])('takes %s', async (_, wasm) => {
    expect(await started(wasm())).toBeInstanceOf(slim.Stack);
  });

  test('rejects what is not WebAssembly, and says why', async () => {
    await expect(started(new Uint8Array(8))).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(started(`${origin}/absent.wasm`)).rejects.toMatchObject({
      code: 'ENETDOWN',
      message: expect.stringContaining('HTTP 404'),
    });
    await expect(started(pathToFileURL('absent.wasm'))).rejects.toMatchObject({ code: 'ENETDOWN' });
    await expect(started(undefined as never)).rejects.toThrow(/give `wasm`/);
  });

  test('compiles an array again if that has failed before', async () => {
    const copy = bytes.slice();
    copy[0] = 1;
    await expect(started(copy)).rejects.toMatchObject({ code: 'EINVAL' });
    copy[0] = bytes[0]!;
    await expect(started(copy)).resolves.toBeInstanceOf(slim.Stack);
  });
});

test('a stack of usrsctp-wasm is an instance of its own class and of the one of usrsctp-wasm/slim', async () => {
  const network = new Network({ seed: 1 });
  const { create } = whole.Stack;
  const stack = await create({ transport: network.host('whole', ['10.0.1.1']).transport, clock: network.clock });
  expect(stack).toBeInstanceOf(whole.Stack);
  expect(stack).toBeInstanceOf(slim.Stack);
  await stack.close();
});
