import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../src/index.js';
import { HalfSipHash } from '../../src/steering/half-sip-hash.js';
import { OwnPaths } from '../../src/steering/own-paths.js';
import { type PathKey, PathTable } from '../../src/steering/path-table.js';
import { PeerRecords } from '../../src/steering/peer-records.js';
import { Programs } from '../support/program.js';
import type { TableUse } from '../support/table-user.js';

const KEY = [0x03020100, 0x07060504] as const;

function path(number: number): PathKey {
  return { address: `10.${number >> 16}.${(number >> 8) & 0xff}.${number & 0xff}`, port: 2905, localPort: 5001 };
}

/** The hash as the bytes that the reference implementation writes. */
function hex([low, high]: readonly [number, number]): string {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setUint32(0, low, true);
  bytes.setUint32(4, high, true);
  return Buffer.from(bytes.buffer).toString('hex');
}

test('HalfSipHash-2-4 gives the values of the reference implementation', () => {
  expect(hex(new HalfSipHash(KEY).finish())).toBe('218d1f59b9b83cc8');
  const four = new HalfSipHash(KEY);
  four.add(0x03020100);
  expect(hex(four.finish())).toBe('d5e78a175be52ea1');
});

describe('table of paths', () => {
  test('finds the share of each of 50,000 paths, in IPv4 and IPv6, and forgets those that are removed', () => {
    const table = PathTable.create(7, systemRandom);
    const paths = Array.from({ length: 50_000 }, (_, number) =>
      number % 2 === 0
        ? path(number)
        : { ...path(number), address: `2001:db8::${(number >> 8).toString(16)}:${(number & 0xff).toString(16)}` },
    );
    const entries = paths.map((each, number) => table.add(each, number % 7));
    expect(entries).not.toContain(undefined);
    const again = new PathTable(table.buffer);
    expect(paths.filter((each, number) => again.owner(each) !== number % 7)).toEqual([]);
    expect(again.owner(path(300_001))).toBeUndefined();
    expect(again.owner({ ...path(0), port: 2906 })).toBeUndefined();
    for (const [number, entry] of entries.entries()) if (number % 3 > 0) again.remove(entry!, number % 7);
    const left = (number: number) => (number % 3 > 0 ? undefined : number % 7);
    expect(paths.filter((each, number) => table.owner(each) !== left(number))).toEqual([]);
    table.clear(3);
    const kept = (number: number) => (left(number) === 3 ? undefined : left(number));
    expect(paths.filter((each, number) => table.owner(each) !== kept(number))).toEqual([]);
  });

  test('says when it is full, and keeps what it has', () => {
    const table = PathTable.create(2, systemRandom, 100);
    const added = Array.from({ length: 1000 }, (_, number) => number).filter((number) => {
      return table.add(path(number), 1) !== undefined;
    });
    expect(added.length).toBeGreaterThanOrEqual(100);
    expect(added.length).toBeLessThan(300);
    for (const number of added) expect(table.owner(path(number))).toBe(1);
  });

  test('an entry that was cleared and is used again by another share is not removed by the former one', () => {
    const table = PathTable.create(2, systemRandom, 100);
    const entry = table.add(path(1), 1)!;
    table.clear(1);
    expect(table.owner(path(1))).toBeUndefined();
    expect(table.add(path(1), 0)).toBe(entry);
    table.remove(entry, 1);
    expect(table.owner(path(1))).toBe(0);
    table.remove(entry, 0);
    expect(table.owner(path(1))).toBeUndefined();
    expect(table.used).toBe(0);
  });
});

test('four threads that claim and free entries of the same buckets always find their own paths', async () => {
  const table = PathTable.create(4, systemRandom, 256);
  const programs = new Programs();
  try {
    const file = await programs.add('table-user.ts');
    const use = (index: number): TableUse => ({ buffer: table.buffer, index, rounds: 200_000, paths: 128 });
    const threads = [0, 1, 2, 3].map((index) => new Worker(file, { workerData: use(index) }));
    const results = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0]));
    for (const { wrong } of results) expect(wrong).toBe(0);
    expect(table.used).toBe(0);
  } finally {
    programs.remove();
  }
});

test('a path that two associations have is in the table until both have ended', () => {
  const table = PathTable.create(2, systemRandom, 100);
  const paths = new OwnPaths(table, 1, undefined);
  for (const isAdded of [true, true, false]) paths.changed({ ...path(1), isAdded });
  expect([table.owner(path(1)), table.used, paths.count]).toEqual([1, 1, 1]);
  paths.changed({ ...path(1), isAdded: false });
  expect([table.owner(path(1)), table.used, paths.count]).toEqual([undefined, 0, 0]);
});

test('records of peers are read by another thread, and their places are used again', () => {
  const records = PeerRecords.create(2);
  const record = { source: '10.0.0.1', destination: '2001:db8::1', udpPort: 9899, ports: 0x12345678, tag: 0xffff_ffff };
  const first = records.allocate()!;
  const second = records.allocate()!;
  expect(records.allocate()).toBeUndefined();
  records.write(first, record);
  records.free(first);
  expect(records.allocate()).toBe(first);
  records.write(second, record);
  expect([...new PeerRecords(records.buffer).take()]).toEqual([{ ...record, source: '10.0.0.1' }]);
  expect([...records.take()]).toEqual([]);
});
