import type { Clock } from '../../src/clock.js';
import type { Packet } from '../../src/packet.js';
import { type UdpOptions, type UdpTransport, udp } from '../../src/udp.js';
import { payload, RecordingHost } from './contract.js';

const open: UdpTransport[] = [];

/** To be called after each test. */
export async function closeTransports(): Promise<void> {
  await Promise.all(open.splice(0).map((transport) => transport.close()));
}

/** Registers a transport to be closed after the test. */
export function keep(transport: UdpTransport): UdpTransport {
  open.push(transport);
  return transport;
}

/** Loopback delivers at once, so waiting is counted in turns of the event loop, which doesn't depend on the machine's load. */
export async function pause(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

export async function until(condition: () => boolean, limitMs = 40_000): Promise<void> {
  for (const end = performance.now() + limitMs; !condition() && performance.now() < end; ) await pause(1);
}

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  readonly #timers = new Map<() => void, number>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = () => callback();
    this.#timers.set(timer, this.#now + delayMs);
    return () => void this.#timers.delete(timer);
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [timer, at] of [...this.#timers]) {
      if (at <= this.#now && this.#timers.delete(timer)) timer();
    }
  }
}

/** A transport on loopback and a host that records its calls. It is closed after the test. */
export async function started(options: UdpOptions = {}): Promise<{ transport: UdpTransport; host: RecordingHost }> {
  const transport = keep(udp({ addresses: ['127.0.0.1'], port: 0, ...options }));
  const host = new RecordingHost();
  await transport.start(host);
  return { transport, host };
}

export function packet(from: UdpTransport, to: UdpTransport, bytes = payload(100, 0)): Packet {
  return { source: from.addresses[0]!, destination: to.addresses[0]!, port: to.port, trafficClass: 0, bytes };
}
