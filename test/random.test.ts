import * as fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Random } from '../src/random.js';

const webCrypto = globalThis.crypto;
const getRandomValues = vi.fn((bytes: Uint8Array<ArrayBuffer>) => webCrypto.getRandomValues(bytes));

/** With nothing kept of what it was asked for before. */
async function systemRandom(): Promise<Random> {
  vi.resetModules();
  return (await import('../src/random.js')).systemRandom;
}

async function taken(bytes: number): Promise<Uint8Array> {
  const taken = new Uint8Array(bytes);
  (await systemRandom())(taken);
  return taken;
}

function runsOn(platform: string, files: Partial<typeof fs>): void {
  vi.stubGlobal('process', { platform, getBuiltinModule: () => ({ ...fs, ...files }) });
}

beforeEach(() => vi.stubGlobal('crypto', { getRandomValues }));
afterEach(() => {
  vi.unstubAllGlobals();
  getRandomValues.mockClear();
});

describe('the randomness of the machine', () => {
  test('is the kernel’s in Linux, without Web Crypto, and never the same', async () => {
    runsOn('linux', {});
    const [one, another] = [await taken(64), await taken(64)];
    expect(one).not.toEqual(another);
    expect([...one, ...another].filter((byte) => byte === 0).length).toBeLessThan(16);
    expect(getRandomValues).not.toHaveBeenCalled();
  });

  test('gives no byte twice', async () => {
    runsOn('linux', {});
    const random = await systemRandom();
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const bytes = new Uint8Array(16);
      random(bytes);
      seen.add(bytes.join());
    }
    expect(seen.size).toBe(2000);
  });

  const notThere = () => {
    throw new Error('ENOENT');
  };
  test.each<[string, string, Partial<typeof fs>]>([
    ['elsewhere', 'darwin', {}],
    ['where there is no device', 'linux', { openSync: notThere }],
    ['where a file has its place', 'linux', { openSync: () => fs.openSync('package.json', 'r') }],
    ['where it gives too little', 'linux', { readSync: () => 1 }],
  ])('is Web Crypto’s %s', async (_, platform, files) => {
    runsOn(platform, files);
    await taken(64);
    expect(getRandomValues).toHaveBeenCalledOnce();
  });

  test('is Web Crypto’s in Deno, which would ask its user for files', async () => {
    runsOn('linux', { openSync: notThere });
    vi.stubGlobal('Deno', {});
    await taken(64);
    expect(getRandomValues).toHaveBeenCalledOnce();
  });
});
