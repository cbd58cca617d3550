import { expect, test } from 'vitest';
import { decodePacket, describePacket, ladderOf, PcapngWriter, readCapture } from '../../src/capture.js';
import { SctpError } from '../../src/errors.js';
import { decodeClientMessage, decodeRelayMessage, encodeControl } from '../../src/relay/codec.js';
import { encodeDatagrams } from '../../src/relay/datagrams.js';
import { FUZZ_LIMIT_MS, fuzz } from './mutation.js';
import { packetsOfTalk } from './talk.js';

const PEER = { address: '192.0.2.1', port: 9899 };

test(
  'the packet decoder accepts any bytes, and its description names each chunk',
  async () => {
    const packets = await packetsOfTalk();
    const executions = fuzz('packet decoder', packets, (bytes) => {
      const { chunks, malformed } = decodePacket(bytes);
      expect(typeof describePacket(bytes)).toBe('string');
      return `${malformed?.replace(/\d+/g, '')} ${[...new Set(chunks.map((chunk) => shapeOf(chunk)))].sort().join()}`;
    });
    expect(executions).toBeGreaterThan(packets.length);
  },
  FUZZ_LIMIT_MS,
);

test(
  'the reader of captures reads any bytes, or says that they are no capture',
  async () => {
    const writer = new PcapngWriter();
    const interfaceId = writer.addInterface('eth0');
    for (const [index, bytes] of (await packetsOfTalk()).slice(0, 6).entries()) {
      const ends = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 0, destinationPort: 0, trafficClass: 0 };
      writer.add({ interfaceId, timeMs: index, direction: 'outbound', comment: 'lost', datagram: { ...ends, bytes } });
    }
    const executions = fuzz('captures', [writer.bytes(), pcap(1, Uint8Array.of(1, 2, 3, 4))], (bytes) => {
      try {
        const packets = [...readCapture(bytes)];
        expect(Array.isArray(ladderOf(packets))).toBe(true);
        return packets.map(({ direction, comment, bytes }) => `${direction} ${comment} ${bytes.length}`).join();
      } catch (error) {
        if (!(error instanceof SctpError)) throw error;
        return error.message.replace(/\d+/g, '');
      }
    });
    expect(executions).toBeGreaterThan(10);
  },
  FUZZ_LIMIT_MS,
);

test(
  'relays and their clients decode any bytes, and what they accept is encoded to the same bytes',
  () => {
    const [datagrams] = [...encodeDatagrams([{ local: 0, peer: PEER, bytes: new Uint8Array(20) }])];
    const inputs = [
      datagrams!,
      encodeControl({ type: 'allocate', ticket: 'e.y.J', port: 9899, resumption: new Uint8Array(16) }),
      encodeControl({ type: 'permit', peers: [PEER, { address: '2001:db8::1', port: 1 }] }),
      encodeControl({ type: 'tags', tags: [{ port: 1, peerPort: 2, tag: 3 }] }),
      encodeControl({ type: 'ping', value: 7 }),
      encodeControl({ type: 'pong', value: 7 }),
      encodeControl({ type: 'draining', withinMs: 1000 }),
      encodeControl({ type: 'refused', peer: PEER, reason: 'limit', text: 'no' }),
      encodeControl({
        type: 'allocated',
        resumed: true,
        mtu: 1500,
        pingMs: 10_000,
        resumption: new Uint8Array(16),
        locals: [PEER],
      }),
    ];
    const executions = fuzz('relay messages', inputs, (bytes) => {
      const messages = [decodeClientMessage(bytes), decodeRelayMessage(bytes)];
      for (const message of messages) {
        if (message === undefined) continue;
        const [again] =
          message.type === 'datagrams' ? [...encodeDatagrams(message.datagrams)] : [encodeControl(message)];
        expect(Buffer.from(again!).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
      }
      return messages.map((message) => message && `${message.type} ${shapeOf(message)}`).join();
    });
    expect(executions).toBeGreaterThan(inputs.length);
  },
  FUZZ_LIMIT_MS,
);

/** Which fields something has, and how long its lists are. */
function shapeOf(value: object): string {
  return Object.entries(value)
    .map(([name, field]) => (name === 'type' ? field : `${name}${Math.min(sizeOf(field), 1)}`))
    .join(' ');
}

function sizeOf(field: unknown): number {
  return Array.isArray(field) || field instanceof Uint8Array ? field.length : 0;
}

/** A classic pcap file with one frame. */
function pcap(linkType: number, frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(24 + 16 + frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b2_c3d4);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, 65_535);
  view.setUint32(20, linkType);
  view.setUint32(32, frame.length);
  view.setUint32(36, frame.length);
  bytes.set(frame, 40);
  return bytes;
}
