import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { Child } from './support/child.js';
import { sipHash } from './support/siphash.js';

/** scripts/tests.sh builds both from the same C sources as the module. */
const BUILDS = { asan: 'the address sanitizer', invariants: 'INVARIANTS and the sanitizer for undefined behaviour' };
const PACKETS = 100_000;
/** With the address sanitizer it takes 40 s, or minutes on a busy machine. */
const LIMIT_MS = 300_000;
/** From the reference implementation of SipHash's authors. */
const FIRST_VECTORS = ['a3817f04ba25a8e66df67214c7550293', 'da87c1d86b99af44347659119b22fc45'];

afterEach(() => Child.endAll());

describe.each(Object.entries(BUILDS))('the C side under %s', (build, checker) => {
  test(
    `${PACKETS} mutated packets leave the stack working (${checker})`,
    async () => {
      const seed = String(Date.now() % 1_000_000);
      const program = new Child(`build/${build}/mutate`, [seed, String(PACKETS)]);
      expect(await program.exit(LIMIT_MS), `seed ${seed}: ${program.output}`).toBe(0);
      const { output } = program;
      console.log(`seed ${seed}: ${output.trim()}`);
      const [mutated, up, tried, messages] = (output.match(/\d+/g) ?? []).map(Number);
      expect(mutated).toBeGreaterThanOrEqual(PACKETS);
      expect(up! / tried!).toBeGreaterThan(0.8); // mutated ABORTs end some associations
      expect(messages).toBeGreaterThan(PACKETS / 2);
    },
    LIMIT_MS,
  );

  test(`whichever allocation fails, the stack ends at once and says why (${checker})`, {
    timeout: LIMIT_MS,
  }, async () => {
    const step = build === 'asan' ? 1 : 7;
    const program = new Child(`build/${build}/out_of_memory`, [String(step)]);
    expect(await program.exit(LIMIT_MS), program.output).toBe(0);
    console.log(program.output.trim());
    const [allocations, failures] = (program.output.match(/\d+/g) ?? []).map(Number);
    expect(failures).toBe(Math.ceil(allocations! / step));
    // Without the address sanitizer, freed blocks are used again, which takes fewer allocations.
    expect(allocations).toBeGreaterThan(build === 'asan' ? 1000 : 200);
  });

  test.each([
    ['SHA-1', 'RFC 3174', 'sha1'],
    ['SHA-256', 'RFC 6234', 'sha256'],
  ])(`%s digests are those of %s (${checker})`, (_, __, name) => {
    const digests = execFileSync(`build/${build}/${name}`, { encoding: 'utf8' }).trim().split('\n');
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => 7 * i + 1);
    const expected = Array.from({ length: 301 }, (_, length) =>
      createHash(name).update(bytes.subarray(0, length)).digest('hex'),
    );
    expect(digests).toEqual(expected);
  });

  test(`20,000 clients spread over the table of paths, also if they have the same port (${checker})`, () => {
    const lines = execFileSync(`build/${build}/ports`, { encoding: 'utf8' }).trim().split('\n');
    expect(lines.length).toBe(5);
    for (const line of lines) {
      const [server, ...fullest] = line.split(' ').map(Number);
      expect(fullest.length).toBe(3);
      // Chance alone fills a bucket with eight or nine.
      expect(Math.max(...fullest), `${server}: ${fullest}`).toBeLessThanOrEqual(12);
    }
  });

  test(`the MAC of a cookie is 128-bit SipHash-2-4 (${checker})`, () => {
    const signatures = execFileSync(`build/${build}/siphash`, { encoding: 'utf8' }).trim().split('\n');
    const key = Uint8Array.from({ length: 16 }, (_, i) => i);
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
    const expected = Array.from({ length: 301 }, (_, length) => sipHash(key, bytes.subarray(0, length)));
    expect(expected.slice(0, 2)).toEqual(FIRST_VECTORS);
    expect(signatures).toEqual(expected.map((tag) => `${tag}00000000`));
  });
});
