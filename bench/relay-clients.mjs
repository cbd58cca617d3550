// Small SCTP-like clients and their server, for measuring a relay without the cost of stacks: packets have ports, tags and
// checksums as a relay requires, and nothing else.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const ADDRESS = '127.0.0.1';
const HEADER_BYTES = 12;
const [DATA, INIT, INIT_ACK] = [0, 1, 2];
const SERVER_PORT = 5001;
const FIRST_CLIENT_PORT = 10_000;
const PAYLOAD_BYTES = 100;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function packet(sourcePort, destinationPort, tag, type, value) {
  const bytes = Buffer.alloc(HEADER_BYTES + 4 + value.length);
  bytes.writeUInt16BE(sourcePort, 0);
  bytes.writeUInt16BE(destinationPort, 2);
  bytes.writeUInt32BE(tag, 4);
  bytes[HEADER_BYTES] = type;
  bytes.writeUInt16BE(4 + value.length, HEADER_BYTES + 2);
  bytes.set(value, HEADER_BYTES + 4);
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  bytes.writeUInt32LE(~crc >>> 0, 8);
  return bytes;
}

/** The value of INIT and INIT ACK: a tag, and zeros. */
function tagOf(tag) {
  const value = Buffer.alloc(16);
  value.writeUInt32BE(tag);
  return value;
}

/** A server that sends back what it gets. Each client's tag is its port. Returns its UDP port. */
export async function echoServer() {
  const socket = createSocket('udp4').bind(0, ADDRESS);
  await once(socket, 'listening');
  socket.setRecvBufferSize(1 << 22);
  socket.on('message', (bytes, from) => {
    const client = bytes.readUInt16BE(0);
    const isInit = bytes[HEADER_BYTES] === INIT;
    const value = isInit ? tagOf(SERVER_PORT) : bytes.subarray(HEADER_BYTES + 4);
    socket.send(packet(SERVER_PORT, client, client, isInit ? INIT_ACK : DATA, value), from.port, from.address);
  });
  return socket.address().port;
}

/** A client that sends a packet and waits until it comes back. */
export class SmallClient {
  #transport;
  #to;
  #port;
  #answered = () => {};

  static async start(transport, address, port, number) {
    const client = new SmallClient(transport, { destination: address, port }, FIRST_CLIENT_PORT + number);
    const receive = () => client.#answered();
    await transport.start({ receive, unreachable: (_, code) => console.error(code), changed() {} });
    await client.#exchange(0, INIT, tagOf(client.#port));
    return client;
  }

  constructor(transport, to, port) {
    this.#transport = transport;
    this.#to = to;
    this.#port = port;
  }

  roundTrip() {
    return this.#exchange(SERVER_PORT, DATA, Buffer.alloc(PAYLOAD_BYTES, 1));
  }

  #exchange(tag, type, value) {
    const bytes = packet(this.#port, SERVER_PORT, tag, type, value);
    const source = this.#transport.route(this.#to.destination)?.source ?? '';
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#transport.send([{ source, ...this.#to, trafficClass: 0, bytes }]);
    });
  }
}
