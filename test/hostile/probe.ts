import fc from 'fast-check';
import { expect } from 'vitest';
import { SctpError } from '../../src/errors.js';

/** Values of every type, including some that are almost valid. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true, withDate: true }),
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0.5,
    2 ** 32,
    2 ** 53,
    '',
    '::',
    'x'.repeat(10_000),
    '10.0.1.2',
    Symbol('s'),
    () => undefined,
    new Uint8Array(),
    new ArrayBuffer(0),
    [],
    {},
    [{ address: '10.0.1.2' }],
    [{ address: '10.0.1.2', port: -1 }],
    [{ address: Symbol('a'), port: 1 }],
    [null],
  ),
);

/** Any value, or an object with some of these keys and any values. */
export const record = (...keys: string[]): fc.Arbitrary<unknown> =>
  fc.oneof(anything, fc.record(Object.fromEntries(keys.map((key) => [key, anything])), { requiredKeys: [] }));

/** How to try a call: its arguments, and how to call it with them if not directly. */
export interface Probe {
  readonly args: fc.Arbitrary<unknown[]>;
  readonly call?: (...args: never[]) => unknown;
}

export type Probes = Readonly<Record<string, Probe>>;

export const probe = (args: readonly fc.Arbitrary<unknown>[], call?: Probe['call']): Probe => ({
  args: fc.tuple(...args) as fc.Arbitrary<unknown[]>,
  ...(call && { call }),
});

const RUNS = 120;

/** Messages of the JavaScript engine's errors for an argument that was not validated. */
const ACCIDENTS =
  /Cannot (read|set) propert|Cannot (destructure|convert|mix|use 'in')|is not (a function|iterable|a constructor|extensible)|undefined \(|Invalid array length|call stack|Class extends|read only property|Method .* called on incompatible/;

/**
 * Tries each public call of an object with senseless arguments. A call may succeed, or fail with an SctpError, a
 * TypeError or a RangeError that names the problem. `names` lists the calls; each needs a probe.
 */
export async function tryAll(what: string, target: object, names: readonly string[], probes: Probes): Promise<void> {
  const untried = names.filter((name) => !(name in probes));
  const how = 'try each with senseless arguments in test/hostile/, as `send: probe([anything, sendOptions])`';
  expect(untried, `${what} has public calls without a probe; ${how}`).toEqual([]);
  expect(
    Object.keys(probes).filter((name) => !names.includes(name)),
    `${what} no longer has these calls`,
  ).toEqual([]);
  for (const [name, { args, call }] of Object.entries(probes)) {
    const run = call ?? (target as Record<string, (...args: never[]) => unknown>)[name]?.bind(target);
    for (const sample of fc.sample(args, { seed: 7, numRuns: RUNS })) {
      await expectProperError(`${what}.${name}`, sample, () => run?.(...(sample as never[])));
    }
  }
}

async function expectProperError(name: string, args: readonly unknown[], call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    const shown = `${name}(${args.map((arg) => fc.stringify(arg).slice(0, 200)).join(', ')}) fails with ${String(error)}`;
    const isProper = error instanceof SctpError || error instanceof TypeError || error instanceof RangeError;
    expect(isProper, shown).toBe(true);
    expect((error as Error).message.length, shown).toBeGreaterThan(5);
    expect((error as Error).message, shown).not.toMatch(ACCIDENTS);
  }
}
