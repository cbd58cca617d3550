import type { Address } from '../address.js';
import { systemClock } from '../clock.js';
import type { Packet } from '../packet.js';
import { udpSockets } from '../transport/native/udp.js';
import type { LocalSocket } from '../transport/udp/local-socket.js';
import type { UdpEndpoint } from './codec.js';
import { BUFFER_BYTES, type OpenRelaySocket, type RelaySocket, type SocketEvents } from './udp.js';

/** Loads the system calls. Rejects if the package koffi isn't installed, or this isn't Linux. */
export async function nativeSockets(): Promise<OpenRelaySocket> {
  const buffers = { receiveBufferBytes: BUFFER_BYTES, sendBufferBytes: BUFFER_BYTES };
  const system = await udpSockets({ clock: systemClock, encapsulationPort: ANY_PORT, ...buffers });
  return async (address, port, maxInFlight) => {
    const socket = new BatchRelaySocket(maxInFlight);
    socket.attach(await system.open({ address }, port, socket));
    return socket;
  };
}

/** All datagrams of a relay name their port. */
const ANY_PORT = 9899;

const MOST_PORTS = 64;

type Done = (isSent: boolean) => void;

/** A socket that passes what a client sends in one turn of the event loop to the system at once. */
class BatchRelaySocket implements RelaySocket {
  readonly #maxInFlight: number;
  #socket: LocalSocket | undefined;
  #events: SocketEvents | undefined;
  /** The port of each address that was sent to last, since the system doesn't tell it with an error. */
  readonly #ports = new Map<Address, number>();
  #waiting: Packet[] = [];
  #done: Done[] = [];
  #turn: NodeJS.Immediate | undefined;

  constructor(maxInFlight: number) {
    this.#maxInFlight = maxInFlight;
  }

  attach(socket: LocalSocket): void {
    this.#socket = socket;
  }

  get port(): number {
    return this.#socket?.port ?? 0;
  }

  listen(events: SocketEvents): void {
    this.#events = events;
  }

  send({ address, port }: UdpEndpoint, bytes: Uint8Array, done: Done): boolean {
    if (this.#socket === undefined || this.#waiting.length >= this.#maxInFlight) return false;
    this.#waiting.push({ source: this.#socket.address, destination: address, port, trafficClass: 0, bytes });
    this.#done.push(done);
    if (this.#ports.size >= MOST_PORTS) this.#ports.clear();
    this.#ports.set(address, port);
    this.#turn ??= setImmediate(this.#flush);
    return true;
  }

  close(): void {
    this.#events = undefined;
    clearImmediate(this.#turn);
    this.#flush();
    void this.#socket?.close();
  }

  received(packet: Packet): void {
    this.receivedBatch([packet]);
  }

  receivedBatch(packets: readonly Packet[]): void {
    for (const { source, port, bytes } of packets) this.#events?.arrived({ address: source, port }, bytes);
  }

  unreachable(address: Address): void {
    const port = this.#ports.get(address);
    if (port !== undefined) this.#events?.unreachable({ address, port });
  }

  readonly #flush = (): void => {
    this.#turn = undefined;
    const [packets, callbacks] = [this.#waiting, this.#done];
    [this.#waiting, this.#done] = [[], []];
    const before = this.#socket?.dropped ?? 0;
    this.#socket?.send(packets);
    const isSent = (this.#socket?.dropped ?? 0) === before;
    for (const done of callbacks) done(isSent);
  };
}
