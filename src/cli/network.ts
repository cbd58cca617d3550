import { closeSync, openSync, writeSync } from 'node:fs';
import { capture, describePacket, PcapngWriter } from '../capture.js';
import { type Address, type Packet, Stack, type Transport } from '../index.js';
import type { RelayTransport } from '../relay.js';
import { type Direction, type PacketWatcher, tapped } from '../transport/tap.js';
import { type NetworkValues, type Wanted, wantedStack, wantedTransport } from './network-options.js';

/** How long a command waits for its peers at its end. */
const CLOSE_MS = 2000;

/** A stack on the network that a command line asks for. */
export interface Network {
  readonly stack: Stack;
  /** Where peers reach this end, for people: addresses and UDP ports. */
  readonly where: string;
  /** The same, for programs. */
  readonly about: object;
  /** Closes the stack and the capture. Never rejects. */
  close(): Promise<void>;
}

/** Opens the network. `watch` is shown all packets. Rejects as `Stack.create` does. */
export async function openNetwork(
  values: NetworkValues,
  role: 'client' | 'server',
  watch?: PacketWatcher,
): Promise<Network> {
  const wanted = wantedTransport(values, role);
  const { preset, level } = wantedStack(values);
  const transport = await transportOf(wanted, values.local);
  const file = values.capture === undefined ? undefined : new CaptureFile(values.capture);
  const captured = file === undefined ? transport : capture(transport, file.writer);
  const watchers = [...(watch ? [watch] : []), ...(values.ladder ? [printedLadder()] : [])];
  const watched = watchers.reduce((below, each) => tapped(below, each), captured);
  const log = level && { level, write: ({ timeMs, message }: LogLine) => note(timeMs, message) };
  try {
    const stack = await Stack.create({ transport: watched, preset, ...(log && { log }) });
    const close = async () => {
      await stack.close({ timeoutMs: CLOSE_MS }).catch(() => {});
      file?.close();
    };
    return { stack, close, ...described(wanted, transport) };
  } catch (error) {
    file?.close();
    throw error;
  }
}

interface LogLine {
  readonly timeMs: number;
  readonly message: string;
}

/** Each transport is loaded only if it is used. */
async function transportOf(wanted: Wanted, local: readonly Address[] | undefined): Promise<Transport> {
  const addresses = local && { addresses: local };
  if (wanted.kind === 'relay') {
    const { relays, encapsulationPort } = wanted;
    return (await import('../relay.js')).relay({ relays, encapsulationPort });
  }
  if (wanted.kind === 'ip') return (await import('../native.js')).ip({ ...addresses });
  const { udp } = wanted.kind === 'native' ? await import('../native.js') : await import('../udp.js');
  return udp({ port: wanted.port, encapsulationPort: wanted.encapsulationPort, ...addresses });
}

/** Where the transport can be reached, now that it is open. */
function described({ kind }: Wanted, transport: Transport): Pick<Network, 'where' | 'about'> {
  const { addresses } = transport;
  if (kind === 'ip') return { where: addresses.join(' '), about: { transport: kind, addresses } };
  if (kind === 'relay') {
    const endpoints = (transport as RelayTransport).relays.flatMap((each) => each.addresses);
    const where = endpoints.map(({ address, port }) => `${address} UDP port ${port}`).join(', ');
    return { where, about: { transport: kind, endpoints } };
  }
  const { port: udpPort } = transport as Transport & { readonly port: number };
  return { where: `UDP port ${udpPort}: ${addresses.join(' ')}`, about: { transport: kind, addresses, udpPort } };
}

/** A capture on disk. What a turn of the event loop adds is written at its end, or when the process exits. */
class CaptureFile {
  readonly writer: PcapngWriter;
  readonly #fd: number;
  readonly #onExit = () => this.#flush();
  #waiting: Uint8Array[] = [];
  #isOpen = true;

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
    this.writer = new PcapngWriter({ write: (bytes) => this.#add(bytes) });
    process.on('exit', this.#onExit);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#flush();
    this.#isOpen = false;
    process.off('exit', this.#onExit);
    closeSync(this.#fd);
  }

  #add(bytes: Uint8Array): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#flush());
    this.#waiting.push(bytes);
  }

  #flush(): void {
    if (this.#isOpen && this.#waiting.length > 0) writeSync(this.#fd, Buffer.concat(this.#waiting));
    this.#waiting = [];
  }
}

/** Prints each packet. */
function printedLadder(): PacketWatcher {
  let startedAt: number | undefined;
  return (direction, packets) => {
    const now = performance.now();
    startedAt ??= now;
    for (const packet of packets) note(now - startedAt, ladderLine(direction, packet));
  };
}

function ladderLine(direction: Direction, { source, destination, bytes }: Packet): string {
  const arrow = direction === 'outbound' ? '→' : '←';
  const [own, peer] = direction === 'outbound' ? [source, destination] : [destination, source];
  return `${own} ${arrow} ${peer}   ${describePacket(bytes)}`;
}

function note(timeMs: number, text: string): void {
  process.stderr.write(`${timeMs.toFixed(3).padStart(12)}  ${text}\n`);
}
