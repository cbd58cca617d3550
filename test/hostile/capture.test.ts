import { test } from 'vitest';
import * as capture from '../../src/capture.js';
import { anything, probe, record, tryAll } from './probe.js';
import { exportsOf, methodsOf } from './surface.js';

const pcapngOptions = record('limitBytes', 'write');
const captured = record('interfaceId', 'timeMs', 'direction', 'comment', 'datagram');

test('no argument of captures does harm', async () => {
  const writer = new capture.PcapngWriter();
  await tryAll('PcapngWriter', writer, methodsOf(writer), {
    add: probe([captured]),
    addInterface: probe([anything]),
    bytes: probe([anything]),
  });
  await tryAll('usrsctp-wasm/capture', capture, exportsOf(capture), {
    PcapngWriter: probe([pcapngOptions], (options) => new capture.PcapngWriter(options)),
    capture: probe([anything, anything, record('name', 'clock')]),
    decodeChunks: probe([anything]),
    decodePacket: probe([anything]),
    describeChunk: probe([record('type', 'flags')]),
    describePacket: probe([anything]),
    ladderOf: probe([anything, record('names')]),
    readCapture: probe([anything, record('udpPorts')]),
  });
});
