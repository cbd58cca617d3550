import { expect, test } from 'vitest';
import { Child } from '../support/child.js';
import type { DiscardReport, DiscardTask } from '../support/discard-client.js';
import { programInNamespaces } from '../support/programs-in-namespaces.js';

const UDP_PORT = 9899;
const DISCARD = { program: '/usr/lib/usrsctp/discard_server', port: 9 };
/** A time-out of a second, and the time until another SACK comes. */
const LIMIT_MS = 2000;

const { namespaces, start } = programInNamespaces<DiscardTask>('discard-client.ts');

const CUTS = {
  'in both directions': ['left', 'right'],
  'for our packets': ['right'],
  'for the peer’s packets': ['left'],
} as const;
const AMOUNTS = ['a message at a time', 'a full window'] as const;

test.each(Object.keys(CUTS).flatMap((cut) => AMOUNTS.map((amount) => [cut as keyof typeof CUTS, amount] as const)))(
  'with the default preset and the path in use cut %s, a native usrsctp gets more within 2 s: %s',
  async (cut, amount) => {
    Child.inNamespace(namespaces.name('right'), DISCARD.program, String(UDP_PORT), String(UDP_PORT));
    const task: DiscardTask = {
      addresses: [1, 2].map((way) => namespaces.address('left', way as 1 | 2, 'IPv4')),
      peers: [1, 2].map((way) => namespaces.address('right', way as 1 | 2, 'IPv4')),
      port: DISCARD.port,
      amount,
    };
    const client = start('left', task);
    await reported(client, 'connected');
    await seconds(0.5);
    for (const side of CUTS[cut]) namespaces.drop(side, 1);
    await seconds(3);
    client.write('enough\n');
    const { longestMs, acknowledgedBytes } = await reported(client, 'done');
    console.log(`${cut}, ${amount}: ${Math.round(longestMs)} ms, ${acknowledgedBytes} bytes`);
    expect(longestMs).toBeLessThan(LIMIT_MS);
    expect(longestMs).toBeGreaterThan(500); // otherwise the path was not cut
    expect(acknowledgedBytes).toBeGreaterThan(10_000);
  },
);

type Of<Event extends DiscardReport['event']> = DiscardReport & { readonly event: Event };

function reported<Event extends DiscardReport['event']>(child: Child, event: Event): Promise<Of<Event>> {
  return child.until((output) => {
    const lines = output.split('\n').slice(0, -1); // the last line may be incomplete
    const reports: DiscardReport[] = lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
    return reports.find((each): each is Of<Event> => each.event === event);
  }, `it reported ${event}`);
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}
