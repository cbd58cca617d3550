import { CONN } from '../address.js';
import type { Pointer } from '../bridge/memory.js';
import { CONN_NUMBER } from '../bridge/sockaddr.js';
import type { Packet } from '../packet.js';
import type { Transport } from '../transport/transport.js';
import type { Pump } from './pump.js';

/** One SCTP packet of an AF_CONN association: usrsctp's own way to run on top of anything that carries packets. */
export interface ConnPacket {
  /** What stands for the path: a number that the user of usrsctp has chosen. */
  readonly address: number;
  /** It asks not to be fragmented. */
  readonly unfragmented: boolean;
  /** The traffic class octet that an IP header would have; its low two bits are the ECN field. */
  readonly trafficClass: number;
  readonly bytes: Uint8Array;
}

/**
 * Packets of AF_CONN associations on their way to whoever carries them. That one may enter the stack again, as when two
 * stacks are coupled directly: what comes of it is carried by the outermost call, so that nothing piles up.
 */
export class ConnOutbox {
  /** Carries one packet; must not throw. */
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

/** The transport is a user's own path: AF_CONN has its own way out, and no interfaces. */
export function overConn(pump: Pump, transport: Transport): void {
  const { exports } = pump.instance;
  pump.enter(() => exports.bridge_register_address(CONN_NUMBER as Pointer));
  exports.bridge_crc32c_offload(transport.integrity ? 1 : 0);
  pump.conn.carry = ({ trafficClass, bytes }) => {
    const packet = { source: CONN, destination: CONN, port: 0, trafficClass, bytes };
    for (const tap of pump.taps) tap(packet);
    transport.send([packet]);
  };
}

/** Packets have come over a user's own path. */
export function receiveConn(pump: Pump, packets: readonly Packet[]): void {
  for (const { trafficClass, bytes } of packets) {
    pump.receiveConn({ address: CONN_NUMBER, unfragmented: false, trafficClass, bytes });
  }
}
