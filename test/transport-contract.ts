import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressBytes, familyOf, formatAddress } from '../src/address.js';
import type { Packet } from '../src/packet.js';
import type { Transport, TransportHost } from '../src/transport/transport.js';

/** Two transports on one network that loses and changes nothing; not started yet. */
export interface TransportPair {
  readonly left: Transport;
  readonly right: Transport;
  /** The UDP port at which a started transport is reached; 0 when its packets aren't encapsulated. */
  port(transport: Transport): number;
  /** Resolves when everything that will arrive has arrived. A virtual clock is run here. */
  settle(): Promise<void>;
  /** Takes down what the transports were made from. They are closed by then. */
  dispose?(): Promise<void>;
}

/** A host that keeps what its transport tells it. */
export class RecordingHost implements TransportHost {
  readonly batches: (readonly Packet[])[] = [];
  readonly refusals: { destination: string; code: string }[] = [];
  changes = 0;

  get packets(): readonly Packet[] {
    return this.batches.flat();
  }

  receive(packets: readonly Packet[]): void {
    this.batches.push(packets);
  }

  unreachable(destination: string, code: string): void {
    this.refusals.push({ destination, code });
  }

  changed(): void {
    this.changes++;
  }
}

/** A packet's bytes: what the network must not look at, from 16 bytes on. */
export function payload(length: number, fill: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index + fill) & 0xff);
}

/** What any transport must do: the words of `src/transport/transport.ts`, one test each. */
export function transportContract(name: string, makePair: () => Promise<TransportPair>): void {
  describe(`${name} keeps the transport contract`, () => {
    let pair: TransportPair;
    let left: Transport;
    let right: Transport;
    let toLeft: RecordingHost;
    let toRight: RecordingHost;

    beforeEach(async () => {
      pair = await makePair();
      ({ left, right } = pair);
      toLeft = new RecordingHost();
      toRight = new RecordingHost();
    });
    afterEach(async () => {
      await Promise.all([left.close(), right.close()]);
      await pair.dispose?.();
    });

    const start = async () => {
      await left.start(toLeft);
      await right.start(toRight);
    };
    /** A packet from left to right, by the route that left knows. */
    const packet = (bytes: Uint8Array): Packet => {
      const destination = right.addresses.find((address) => left.route?.(address) !== undefined) ?? right.addresses[0]!;
      const source = left.route?.(destination)?.source ?? left.addresses.find(sameFamily(destination))!;
      return { source, destination, port: pair.port(right), trafficClass: 0, bytes };
    };

    test('its addresses are canonical and listed once', async () => {
      await start();
      expect(left.addresses.length).toBeGreaterThan(0);
      expect(new Set(left.addresses).size).toBe(left.addresses.length);
      for (const address of left.addresses) expect(formatAddress(addressBytes(address)!)).toBe(address);
    });

    test('its MTU is one that SCTP can live with', async () => {
      await start();
      expect(left.mtu).toBeGreaterThanOrEqual(512);
      expect(left.mtu).toBeLessThanOrEqual(65_535);
    });

    test('a packet arrives whole, and says where it came from and where it went', async () => {
      await start();
      const sent = packet(payload(100, 7));
      left.send([sent]);
      await pair.settle();
      expect(toRight.packets).toHaveLength(1);
      const arrived = toRight.packets[0]!;
      expect(Uint8Array.from(arrived.bytes)).toEqual(payload(100, 7));
      expect(arrived).toMatchObject({ source: sent.source, destination: sent.destination, port: pair.port(left) });
    });

    test('an answer to where a packet came from arrives', async () => {
      await start();
      left.send([packet(payload(40, 1))]);
      await pair.settle();
      const { source, destination, port } = toRight.packets[0]!;
      right.send([{ source: destination, destination: source, port, trafficClass: 0, bytes: payload(41, 2) }]);
      await pair.settle();
      expect(toLeft.packets.map(({ bytes }) => Uint8Array.from(bytes))).toEqual([payload(41, 2)]);
    });

    test('a batch arrives in its order', async () => {
      await start();
      const batch = Array.from({ length: 30 }, (_, index) => packet(payload(20, index)));
      left.send(batch);
      await pair.settle();
      expect(toRight.packets.map(({ bytes }) => bytes[0])).toEqual(batch.map(({ bytes }) => bytes[0]));
    });

    test('packets of any size up to the MTU arrive as they were', async () => {
      await start();
      const most =
        left.mtu - (familyOf(packet(payload(16, 0)).destination) === 'IPv6' ? 40 : 20) - (pair.port(right) && 8);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 16, maxLength: most }), { maxLength: 8 }), async (all) => {
          toRight.batches.length = 0;
          left.send([...all.map(packet), packet(payload(most, 0))]);
          await pair.settle();
          const arrived = toRight.packets.map(({ bytes }) => Uint8Array.from(bytes));
          expect(arrived).toEqual([...all.map((bytes) => Uint8Array.from(bytes)), payload(most, 0)]);
        }),
        { numRuns: 5 },
      );
    });

    test('the bytes that arrived belong to the receiver', async () => {
      await start();
      left.send([packet(payload(100, 1))]);
      await pair.settle();
      left.send(Array.from({ length: 30 }, () => packet(payload(100, 99))));
      await pair.settle();
      const [first, ...later] = toRight.packets.map(({ bytes }) => bytes);
      expect(Uint8Array.from(first!)).toEqual(payload(100, 1));
      first!.fill(0);
      for (const bytes of later) expect(Uint8Array.from(bytes)).toEqual(payload(100, 99));
    });

    test('nothing is received before start has resolved', async () => {
      await right.start(toRight);
      let started = false;
      const early: Packet[] = [];
      const starting = left.start({
        receive: (packets) => void (started || early.push(...packets)),
        unreachable: () => {},
        changed: () => {},
      });
      await starting;
      started = true;
      await pair.settle();
      expect(early).toEqual([]);
    });

    test('send never calls back before it has returned', async () => {
      let sending = false;
      const during: string[] = [];
      const note = (what: string) => void (sending && during.push(what));
      const host = {
        receive: () => note('receive'),
        unreachable: () => note('unreachable'),
        changed: () => note('changed'),
      };
      await left.start(host);
      await right.start(toRight);
      const toSelf = { ...packet(payload(40, 1)), destination: left.addresses[0]!, port: pair.port(left) };
      sending = true;
      left.send([{ ...toSelf, source: left.addresses[0]! }, packet(payload(40, 1))]);
      sending = false;
      await pair.settle();
      expect(during).toEqual([]);
    });

    test('send never throws, whatever it is given and whenever', async () => {
      const stray: Packet = {
        source: '198.51.100.1',
        destination: '::1',
        port: 1,
        trafficClass: 0,
        bytes: payload(20, 0),
      };
      expect(() => left.send([stray])).not.toThrow();
      await start();
      const good = packet(payload(40, 1));
      const odd = [stray, { ...good, source: '2001:db8::77' }, { ...good, trafficClass: 2 }];
      expect(() => left.send([...odd, { ...good, bytes: new Uint8Array(65_536) }])).not.toThrow();
      expect(() => left.send([])).not.toThrow();
      await left.close();
      expect(() => left.send([good])).not.toThrow();
    });

    test('every route starts at a local address of the destination’s family', async () => {
      await start();
      for (const destination of [
        ...left.addresses,
        ...right.addresses,
        '127.0.0.1',
        '::1',
        '192.0.2.254',
        '2001:db8::9',
      ]) {
        const route = left.route?.(destination);
        if (route === undefined) continue;
        expect(left.addresses).toContain(route.source);
        expect(familyOf(route.source)).toBe(familyOf(destination));
      }
    });

    test('a start that follows close rejects with ENETDOWN', async () => {
      await left.close();
      await expect(left.start(toLeft)).rejects.toMatchObject({ name: 'SctpError', code: 'ENETDOWN' });
    });

    test('after close nothing is sent', async () => {
      await start();
      const late = packet(payload(40, 1));
      const closing = left.close();
      left.send([late]);
      await closing;
      left.send([late]);
      await pair.settle();
      expect(toRight.packets).toEqual([]);
    });

    test('after close nothing is received', async () => {
      await start();
      left.send([packet(payload(40, 1))]);
      await right.close();
      left.send([packet(payload(40, 1))]);
      await pair.settle();
      expect(toRight.packets).toEqual([]);
    });

    test('closing again is harmless, before start too', async () => {
      await left.close();
      await left.close();
      await right.start(toRight);
      await Promise.all([right.close(), right.close()]);
      await right.close();
    });
  });
}

function sameFamily(to: string): (address: string) => boolean {
  return (address) => familyOf(address) === familyOf(to);
}
