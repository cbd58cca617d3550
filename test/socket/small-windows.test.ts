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

// wasm/tuning/small_window.c
test('small messages that share a packet never need more memory than the peer’s window offers for them', () =>
  withPeers({}, [{}], async ({ network }, [peer], [association]) => {
    const WINDOW = 1500;
    const CHARGED = 256; // beyond its bytes, for each chunk: sctp_peer_chunk_oh
    const LENGTH = 28; // of a DATA chunk with 10 bytes
    await association!.send(pattern(10));
    await network.advance(1);
    const tsns = () => peer!.chunks().flatMap((chunk) => (chunk.type === 'DATA' ? [chunk.tsn] : []));
    let acknowledged = tsns().at(-1)!;
    const last = acknowledged + 40;
    await peer!.send(sack(acknowledged, [], WINDOW));
    for (let number = 0; number < 40; number++) void association!.send(pattern(10));
    const flights: number[] = [];
    for (let lost = false; acknowledged < last; ) {
      await network.advance(10);
      let flight = tsns();
      if (!lost && acknowledged > last - 20) {
        await network.advance(1000); // T3-rtx retransmits all of it
        flight = tsns();
        lost = true;
      }
      flights.push(flight.length);
      acknowledged = Math.max(...flight);
      await peer!.send(sack(acknowledged, [], WINDOW));
    }
    expect(Math.max(...flights) * (LENGTH + CHARGED)).toBeLessThanOrEqual(WINDOW);
    expect(flights.length).toBeLessThan(25);
    association!.abort();
  }));
