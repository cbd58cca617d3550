import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/exit.js';
import { formatBytes, formatDuration, formatMs, formatRate } from '../../src/cli/format.js';
import { peersOf } from '../../src/cli/peers.js';
import { plotLines } from '../../src/cli/plot.js';
import { progressLine } from '../../src/cli/progress.js';

test('figures have three digits and a unit', () => {
  expect([0, 999, 1000, 12_345, 999_499, 1e9].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.00 kB',
    '12.3 kB',
    '999 kB',
    '1.00 GB',
  ]);
  expect([812_000_000, 2_500_000_000].map(formatRate)).toEqual(['812 Mbit/s', '2.50 Gbit/s']);
  expect([0, 7400, 61_000, 3_661_000].map(formatDuration)).toEqual(['0:00', '0:07', '1:01', '1:01:01']);
  expect([0.314, 31.41, 314.1].map(formatMs)).toEqual(['0.31 ms', '31.4 ms', '314 ms']);
});

describe('a progress line', () => {
  const state = { label: 'disk.img', bytes: 25e6, total: 100e6, elapsedMs: 2000 };

  test('has a bar, the rate and the remaining time', () => {
    expect(progressLine(state, 100)).toBe(
      'disk.img  ██████░░░░░░░░░░░░░░░░░░  25 %  25.0 MB of 100 MB  100 Mbit/s  0:06',
    );
  });

  test('has no bar if the total isn’t known', () => {
    expect(progressLine({ ...state, total: undefined }, 100)).toBe('disk.img  25.0 MB  100 Mbit/s');
  });

  test('is never longer than the terminal, and an empty file is complete', () => {
    for (const columns of [0, 1, 20, 40, 70, 75, 80]) {
      expect(progressLine({ ...state, label: 'x'.repeat(200) }, columns).length).toBeLessThanOrEqual(
        Math.max(1, columns),
      );
    }
    expect(progressLine({ ...state, bytes: 0, total: 0 }, 100)).toContain('100 %');
  });
});

describe('a plot', () => {
  const label = (value: number) => String(value);

  test('has a column for each value, up to the next round number', () => {
    expect(plotLines([0, 10, 20, 30, 40], { height: 4, width: 20, label })).toEqual([
      '50 ┤    ▂',
      '   ┤   ▃█',
      '25 ┤  ▅██',
      '   ┤ ▆███',
      ' 0 └─────',
    ]);
  });

  test('averages values if there are more than columns, and may be empty', () => {
    expect(plotLines([2, 4, 2, 4], { height: 1, width: 2, label })).toEqual(['5 ┤▅▅', '0 └──']);
    expect(plotLines([], { height: 1, width: 2, label })).toEqual(['1 ┤', '0 └']);
    expect(plotLines([0, 0], { height: 1, width: 9, label })).toEqual(['1 ┤', '0 └──']);
  });
});

describe('the peers of a command line', () => {
  test.each([
    [['192.0.2.1', '2001:db8::1'], ['192.0.2.1', '2001:db8::1'], 7],
    [['192.0.2.1:5001', 'host.example'], ['192.0.2.1', 'host.example'], 5001],
    [['[2001:db8::1]:5001'], ['2001:db8::1'], 5001],
    [['[fe80::2%eth0]'], ['fe80::2%eth0'], 7],
  ])('%j are %j with port %i', (texts, addresses, port) => {
    expect(peersOf(texts, 7)).toEqual(addresses.map((address) => ({ address, port })));
  });

  test.each([[[]], [['']], [['a b']], [['[::1']], [['::1]:5']], [['h:0']], [['h:65536']], [['h:1', 'i:2']]])(
    '%j are wrong',
    (texts) => {
      expect(() => peersOf(texts, 7)).toThrow(UsageError);
    },
  );
});
