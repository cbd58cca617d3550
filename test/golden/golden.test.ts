import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { Stack } from '../../src/index.js';
import * as simulated from '../../src/simulated.js';
import { networkTrace, sha256 } from './golden.js';
import { stacksTrace } from './stacks.js';

/** Changes only if the simulated network, its random numbers or the capture format change; mention that in CHANGELOG.md. */
const NETWORK = '5b74bb88bcec45e32a80228378c86417651abb0b2e91e23e6da543a9f7077304';

test('the network alone produces the golden trace', async () => {
  expect(await sha256(await networkTrace(simulated))).toBe(NETWORK);
});

test('two stacks produce the same trace in this process and, bundled, in another', async () => {
  const first = await stacksTrace(simulated, Stack);
  expect(first.length).toBeGreaterThan(200_000);
  const here = await sha256(first);
  expect(await sha256(await stacksTrace(simulated, Stack))).toBe(here);
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  try {
    const outfile = join(folder, 'golden.mjs');
    await build({
      entryPoints: ['test/golden/entry.ts'],
      outfile,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform: 'node',
      alias: { '#wasm': './test/support/wasm.ts' },
    });
    const answer = execFileSync(process.execPath, [outfile], { encoding: 'utf8' });
    expect(JSON.parse(answer)).toEqual({ network: NETWORK, stacks: here });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
