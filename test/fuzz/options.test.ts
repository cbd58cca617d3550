import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SctpError } from '../../src/errors.js';
import { type OptionRow, options } from '../../src/options/table.js';
import { connected, withTwoStacks } from '../support/two-stacks.js';
import { FUZZ_LIMIT_MS, repeat } from './mutation.js';

const number = fc.oneof(
  fc.nat(10),
  fc.constantFrom(-1, 0, 1, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1.5),
);
const scalar = fc.oneof(
  number,
  fc.boolean(),
  fc.constantFrom('10.0.1.1', '10.0.2.2', '10.0.1.2', 'x', 'off', 'base', 'SHA-1', 'round-robin', 'rfc2581'),
  fc.uint8Array({ maxLength: 40 }),
  fc.array(number, { maxLength: 5 }),
  fc.constant(null),
);

/** A value for an option: of the fields that it has, with values of any type. */
function anyValue(row: OptionRow): fc.Arbitrary<unknown> {
  const names = Object.keys(row.fields ?? {});
  const ofFields = fc.record(Object.fromEntries(names.map((name) => [name, scalar])), { requiredKeys: [] });
  return row.value ? scalar : fc.oneof({ weight: 9, arbitrary: ofFields }, { weight: 1, arbitrary: scalar });
}

test(
  'options set to any value take it or refuse it with a clear error, and an association with them still works',
  async () => {
    let taken = 0;
    const executions = await repeat('options', (seed) =>
      withTwoStacks(
        async (stacks) => {
          const { a, b, clientSocket } = await connected(stacks);
          const steps = fc.sample(
            fc
              .constantFrom(...(Object.entries(options) as [keyof typeof options, OptionRow][]))
              .chain(([name, row]) => fc.record({ name: fc.constant(name), on: fc.boolean(), value: anyValue(row) })),
            { numRuns: 60, seed },
          );
          for (const { name, on, value } of steps) {
            const target = on ? a : clientSocket;
            try {
              target.setOption(name as never, value as never);
              taken++;
            } catch (error) {
              expect(isClear(error), `${name}: ${error}`).toBe(true);
            }
            try {
              (target as { getOption(name: string): unknown }).getOption(name);
            } catch (error) {
              expect(isClear(error), `${name}: ${error}`).toBe(true);
            }
          }
          await b.send('still here');
          a.abort('enough');
          await stacks.network.advance(1000);
        },
        { seed, limitMs: 1e9 },
      ),
    );
    expect(taken).toBeGreaterThan(executions);
  },
  FUZZ_LIMIT_MS,
);

function isClear(error: unknown): boolean {
  return error instanceof SctpError || error instanceof TypeError || error instanceof RangeError;
}
