import { CONN } from '../address.js';
import type { Instance } from '../bridge/instance.js';
import type { Pointer } from '../bridge/memory.js';
import { CONN_NUMBER } from '../bridge/sockaddr.js';
import type { Packet } from '../packet.js';
import type { Transport } from '../transport/transport.js';

/**
 * A packet of an AF_CONN association: usrsctp's own address family for running on top of anything that carries packets.
 */
export interface ConnPacket {
  /** The address: a number that the user of usrsctp has chosen for the path. */
  readonly address: number;
  /** Must it not be fragmented? */
  readonly unfragmented: boolean;
  /** The traffic class octet of the IP header that it would have; its low two bits are the ECN field. */
  readonly trafficClass: number;
  readonly bytes: Uint8Array;
}

/**
 * The packets of AF_CONN associations on their way to the function that carries them. That function may call the stack
 * again, for example if two stacks are coupled directly. The outermost call carries the packets that this causes, so
 * that the call stack doesn't grow.
 */
export class ConnOutbox {
  /** Carries one packet. It must not throw. */
  carry: ((packet: ConnPacket) => void) | undefined;
  readonly #waiting: ConnPacket[] = [];
  #carrying = false;

  send(packets: readonly ConnPacket[]): void {
    if (packets.length === 0) return;
    this.#waiting.push(...packets);
    if (this.#carrying) return;
    this.#carrying = true;
    try {
      for (let packet = this.#waiting.shift(); packet; packet = this.#waiting.shift()) this.carry?.(packet);
    } finally {
      this.#carrying = false;
    }
  }
}

/** A stack, as far as AF_CONN needs it. */
interface ConnStack {
  readonly instance: Instance;
  readonly conn: ConnOutbox;
  readonly taps: readonly ((packet: Packet) => void)[];
  enter<T>(call: () => T): T;
  receiveConn(packet: ConnPacket): void;
}

/** Connects a stack to a `conn()` transport: AF_CONN has its own output function, and no interfaces. */
export function overConn(pump: ConnStack, transport: Transport): void {
  const { exports } = pump.instance;
  pump.enter(() => exports.bridge_register_address(CONN_NUMBER as Pointer));
  exports.bridge_crc32c_offload(transport.integrity ? 1 : 0);
  pump.conn.carry = ({ trafficClass, bytes }) => {
    const packet = { source: CONN, destination: CONN, port: 0, trafficClass, bytes };
    for (const tap of pump.taps) tap(packet);
    transport.send([packet]);
  };
}

/** Receives packets from a `conn()` transport. */
export function receiveConn(pump: ConnStack, packets: readonly Packet[]): void {
  for (const { trafficClass, bytes } of packets) {
    pump.receiveConn({ address: CONN_NUMBER, unfragmented: false, trafficClass, bytes });
  }
}
