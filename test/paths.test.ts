import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Child } from './support/child.js';
import { type Family, Namespaces, type Side, type Way } from './support/namespaces.js';
import { Programs } from './support/program.js';
import { messageCount, reported, reports, type Task } from './support/transfer.js';
import { judge } from './support/tshark.js';

/** The port of RFC 6951, on both sides: each is in a namespace of its own. */
const UDP_PORT = 9899;
const MB = 1_000_000;

const namespaces = new Namespaces();
const programs = new Programs();
const folder = mkdtempSync(join(tmpdir(), 'paths-'));
const files = { sender: '', receiver: '' };

beforeAll(async () => {
  files.sender = await programs.add('sender.ts');
  files.receiver = await programs.add('receiver.ts');
  namespaces.create();
});

afterEach(async () => {
  await Child.endAll();
  namespaces.heal();
});

afterAll(() => {
  namespaces.remove();
  programs.remove();
  rmSync(folder, { recursive: true });
});

type Families = readonly [Family, Family];

function addresses(side: Side, families: Families): string[] {
  return families.map((family, i) => namespaces.address(side, (i + 1) as Way, family));
}

function start(program: keyof typeof files, side: Side, task: Task): Child {
  return Child.inNamespace(namespaces.name(side), process.execPath, files[program], JSON.stringify(task));
}

/** A sender on the left and a receiver on the right, connected over both paths. */
async function transfer(
  families: Families,
  bytes: number,
  hold: Pick<Task, 'holdBytes'> = {},
): Promise<{ sender: Child; receiver: Child }> {
  const [left, right] = [addresses('left', families), addresses('right', families)];
  const receiver = start('receiver', 'right', { addresses: right, peers: [], bytes, ...hold });
  await reported(receiver, 'listening');
  const sender = start('sender', 'left', { addresses: left, peers: right, bytes });
  return { sender, receiver };
}

/** Records the packets on both devices of one side. */
async function record(side: Side): Promise<{ file: string; stop(): Promise<void> }> {
  const file = join(folder, `${performance.now()}.pcapng`);
  const devices = ([1, 2] as const).flatMap((way) => ['-i', namespaces.device(side, way)]);
  const filter = `udp port ${UDP_PORT}`; // before the devices, since it applies to those that follow
  const dumpcap = ['dumpcap', '-q', '-B', '64', '-f', filter, ...devices, '-w', file];
  const child = Child.inNamespace(namespaces.name(side), ...dumpcap);
  await child.printed(/File: /);
  return { file, stop: () => child.kill('SIGINT') };
}

/** Checks a recording with tshark. Returns the address pairs of the packets on each device. */
async function judged(file: string, packets: number): Promise<Record<string, string[]>> {
  const names = ['frame.interface_name', 'ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst'];
  const { good, bad } = await judge(file, UDP_PORT, names);
  expect(bad).toEqual([]);
  expect(good.length).toBeGreaterThan(packets);
  const seen = new Map<string, Set<string>>();
  for (const [device = '', ...found] of good) {
    const own = seen.get(device) ?? new Set();
    seen.set(device, own.add(found.filter((address) => address !== '').join(' → ')));
  }
  return Object.fromEntries(Array.from(seen, ([device, own]) => [device, [...own].sort()]));
}

/** The result of `judged` if each packet takes the link of both of its addresses. */
function ownWays(side: Side, families: Families): Record<string, string[]> {
  const [left, right] = [addresses('left', families), addresses('right', families)];
  const ways = [1, 2] as const;
  return Object.fromEntries(
    ways.map((way) => {
      const ends = [left[way - 1], right[way - 1]];
      return [namespaces.device(side, way), [ends.join(' → '), ends.reverse().join(' → ')]];
    }),
  );
}

interface Cut {
  readonly families: Families;
  readonly cut: () => void;
  /** The side that records, which must not be one whose device goes down. */
  readonly recordedOn: Side;
}

const IPV4: Families = ['IPv4', 'IPv4'];
const IPV6: Families = ['IPv6', 'IPv6'];

function dropBothWays(): void {
  namespaces.drop('right', 1);
  namespaces.drop('left', 1);
}

const CUTS: Record<string, Cut> = {
  'IPv4, the sender’s link goes down': {
    families: IPV4,
    cut: () => namespaces.setLink('left', 1, 'down'),
    recordedOn: 'right',
  },
  'IPv4, nft drops in both directions': { families: IPV4, cut: dropBothWays, recordedOn: 'right' },
  'IPv4, nft drops only the answers': {
    families: IPV4,
    cut: () => namespaces.drop('left', 1),
    recordedOn: 'right',
  },
  'IPv4, the sender’s firewall says EPERM': {
    families: IPV4,
    cut: () => namespaces.forbid('left', 1),
    recordedOn: 'right',
  },
  'IPv6, nft drops in both directions': { families: IPV6, cut: dropBothWays, recordedOn: 'left' },
  'IPv6, then IPv4; the receiver’s link goes down, and its address with it': {
    families: ['IPv6', 'IPv4'],
    cut: () => namespaces.setLink('right', 1, 'down'),
    recordedOn: 'left',
  },
};

describe('20 MB over two paths, the first of which is cut in the middle', () => {
  test.each(Object.entries(CUTS))('%s: nothing is lost, repeated or out of order', async (name, cut) => {
    const { families, recordedOn } = cut;
    const recording = await record(recordedOn);
    const { sender, receiver } = await transfer(families, 20 * MB, { holdBytes: 14 * MB });
    await reported(receiver, 'progress', ({ bytes }) => bytes > 6 * MB);
    receiver.write('cut\n');
    cut.cut();
    receiver.write('go on\n');

    const sent = await reported(sender, 'done');
    const got = await reported(receiver, 'done');
    const waitedMs = sent.waitedMs + got.waitedMs;
    const waited = `${Math.round(waitedMs)} ms in all`;
    console.log(
      `${name}: nothing arrived for ${Math.round(got.longestGapMs)} ms; the ends waited for processors ${waited}`,
    );
    const lost = namespaces.address('right', 1, families[0]);
    await reported(sender, 'path', ({ address, change }) => address === lost && change === 'unreachable');
    await closed(sender, receiver);
    await recording.stop();

    expect(got.messages).toBe(messageCount(20 * MB));
    expect(got.digest).toBe(sent.digest);
    expect(got.longestGapMs - waitedMs).toBeLessThan(2000);
    expect(await judged(recording.file, (20 * MB) / 1500)).toEqual(ownWays(recordedOn, families));
  });
});

describe.each([
  ['IPv4', IPV4],
  ['IPv6', IPV6],
] as const)('two paths of %s', (_, families) => {
  const [first, second] = families.map((family, i) => namespaces.address('right', (i + 1) as Way, family));

  test('connectx uses the second address if the first path doesn’t work', async () => {
    dropBothWays();
    const { sender, receiver } = await transfer(families, MB);
    const { tried, confirmed } = await reported(sender, 'connected');
    expect(tried).toEqual({ [first!]: 1, [second!]: 1 });
    expect(confirmed).toEqual([first, second]);
    expect((await reported(receiver, 'done')).digest).toBe((await reported(sender, 'done')).digest);
    await closed(sender, receiver);
  });

  test('a path that fails while nothing is sent is reported as unreachable, and as available once it works again', async () => {
    const { sender, receiver } = await transfer(families, MB);
    await reported(receiver, 'done');
    dropBothWays();
    // Only the last report counts: a process without processor time for seconds may report a failure that soon ends.
    await lastReported(sender, first!, (change) => change === 'unreachable');
    namespaces.heal();
    await lastReported(sender, first!, (change) => change === 'available');
    await lastReported(sender, second!, (change) => change !== 'unreachable');
    await closed(sender, receiver);
  });
});

/** Waits until the last reported change of a path is this one. */
async function lastReported(child: Child, path: string, holds: (change: string | undefined) => boolean): Promise<void> {
  const last = (output: string) =>
    reports(output)
      .flatMap((report) => (report.event === 'path' && report.address === path ? [report.change] : []))
      .at(-1);
  await child.until((output) => holds(last(output)), `its last change of ${path} was so: ${holds}`);
}

/** Checks that both end in order, and by themselves. */
async function closed(sender: Child, receiver: Child): Promise<void> {
  sender.write('close\n');
  expect(await reported(sender, 'closed')).toMatchObject({ error: null });
  expect(await reported(receiver, 'closed')).toMatchObject({ error: null });
  expect(await Promise.all([sender.exit(), receiver.exit()])).toEqual([0, 0]);
}
