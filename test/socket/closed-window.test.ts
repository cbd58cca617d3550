import { expect, test } from 'vitest';
import { withPeers } from '../delivery/fixture.js';
import { sack } from '../support/packets.js';
import { pattern } from '../support/two-stacks.js';

// sctp_med_chunk_output() forgets the probe when it sends any other chunk: wasm/fixes/path_selection.c
test('a zero window probe that was refused is sent again when the window opens, whatever was sent since', () =>
  withPeers({}, [{}], async ({ network }, [peer], [association]) => {
    for (let number = 0; number < 20; number++) void association!.send(pattern(1400));
    await network.advance(100);
    const tsns = () => peer!.chunks().flatMap((chunk) => (chunk.type === 'DATA' ? [chunk.tsn] : []));
    const last = tsns().at(-1)!;
    await peer!.send(sack(last, [], 0));
    expect(tsns()).toEqual([last + 1]);
    await peer!.send(peer!.data(), peer!.data({ number: 1 }));
    await network.advance(300);
    expect(tsns()).toEqual([]);
    await peer!.send(sack(last, [], 100_000));
    await network.advance(100);
    expect(tsns()).toContain(last + 1);
    association!.abort();
  }));
