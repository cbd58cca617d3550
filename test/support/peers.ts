import { createSocket, type Socket } from 'node:dgram';
import type { Packet } from '../../src/packet.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { type TestRelay, through } from './relays.js';

const sockets: Socket[] = [];

/** To be called after each test. */
export function closePeers(): void {
  for (const socket of sockets.splice(0)) socket.close();
}

/** A started transport through relays, its host, and a function that sends. */
export async function started(relays: readonly (TestRelay | string)[], options: Parameters<typeof through>[1] = {}) {
  const transport = await through(relays, options);
  const host = new RecordingHost();
  await transport.start(host);
  const send = (destination: string, port: number, ...all: Uint8Array[]) => {
    const source = transport.route(destination)?.source ?? '';
    transport.send(all.map((bytes): Packet => ({ source, destination, port, trafficClass: 0, bytes })));
  };
  return { transport, host, send };
}

/** A UDP socket that records what it receives. */
export async function peer(address = '127.0.0.1') {
  const socket: Socket = createSocket('udp4');
  const received: { bytes: Buffer; port: number; address: string }[] = [];
  socket.on('message', (bytes, from) => received.push({ bytes, ...from }));
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  sockets.push(socket);
  return { socket, received, port: socket.address().port };
}
