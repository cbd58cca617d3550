import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { ladder } from '../../capture/ladder.js';
import { type DecodedPacket, decodePacket, ladderOf, type ReadPacket, readCapture } from '../../capture.js';
import { SctpError } from '../../index.js';
import type { Command } from '../command.js';
import { CommandError, EXIT, UsageError } from '../exit.js';
import { parse } from '../parse.js';
import { Report } from '../report.js';
import { portNumber } from '../values.js';

const OPTIONS = {
  name: { type: 'string', multiple: true },
  address: { type: 'string', multiple: true },
  chunk: { type: 'string', multiple: true },
  'udp-port': { type: 'string', multiple: true },
  fields: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

export const decode: Command = {
  help: `usrsctp-wasm decode FILE [OPTIONS]

Prints the SCTP packets of a pcap or pcapng file as a ladder diagram: times in ms, who sent what to whom. FILE may be a
capture of tcpdump, Wireshark or 'usrsctp-wasm capture'; - is the standard input.

Examples:
  usrsctp-wasm decode client.pcapng
  usrsctp-wasm decode client.pcapng --name 192.0.2.1=client --name 192.0.2.2=server
  usrsctp-wasm decode client.pcapng --chunk ABORT --fields          every ABORT, with its causes
  tcpdump -w - -c 100 udp port 9899 | usrsctp-wasm decode -

Options (those marked with … may be repeated):
  --name ADDRESS=NAME …  names of hosts; a host may have several addresses
  --address ADDRESS …    only packets from or to these addresses
  --chunk TYPE …         only packets with such a chunk, such as DATA, 'COOKIE ECHO' or ABORT
  --udp-port N …         UDP ports of SCTP (default 9899; on others, packets are recognized by their checksum)
  --fields               print all fields of the chunks below each packet
  --json                 a packet a line, as JSON with all fields

Exit codes: 0 there are packets; 1 there are none, or the file can't be read.
`,
  async run(args) {
    const { values, positionals } = parse(args, OPTIONS);
    const [file, more] = positionals;
    if (file === undefined || more !== undefined) throw new UsageError('give one file, or - for the standard input');
    const udpPorts = values['udp-port']?.map((text) => portNumber('--udp-port', text));
    const packets = [...read(file, udpPorts ? { udpPorts } : {})].filter(
      (packet) => hasAddress(packet, values.address) && hasChunk(packet, values.chunk),
    );
    if (packets.length === 0) throw new CommandError(EXIT.failed, nothing(file, values));
    const report = new Report(values.json);
    const isLoop = packets.some(({ source, destination }) => source === destination);
    const names = Object.fromEntries((values.name ?? []).map(nameOf));
    const lines = isLoop ? loopLines(packets) : ladderOf(packets, { names });
    for (const [index, packet] of packets.entries()) {
      const { bytes, ...about } = packet;
      const fields = values.fields ? fieldLines(bytes) : [];
      report.event('packet', { ...about, ...decodePacket(bytes) }, [lines[index] ?? '', ...fields]);
    }
    return EXIT.done;
  },
};

function read(file: string, options: { readonly udpPorts?: readonly number[] }): Iterable<ReadPacket> {
  const bytes = readFileSync(file === '-' ? process.stdin.fd : file);
  try {
    return readCapture(bytes, options);
  } catch (error) {
    if (!(error instanceof SctpError)) throw error;
    throw new Error(`${file === '-' ? 'the standard input' : file} is neither pcap nor pcapng`, { cause: error });
  }
}

function hasAddress({ source, destination }: ReadPacket, addresses: readonly string[] | undefined): boolean {
  return addresses === undefined || addresses.includes(source) || addresses.includes(destination);
}

function hasChunk({ bytes }: ReadPacket, types: readonly string[] | undefined): boolean {
  if (types === undefined) return true;
  const wanted = types.map((type) => type.toUpperCase().replaceAll('_', ' '));
  return decodePacket(bytes).chunks.some(({ type }) => wanted.includes(type));
}

function nothing(file: string, { address, chunk }: { readonly address?: unknown; readonly chunk?: unknown }): string {
  if (address !== undefined || chunk !== undefined)
    return `${file} has no such packets: try without --address and --chunk`;
  return `${file} has no SCTP packets: --udp-port names the UDP port if it isn't 9899`;
}

function nameOf(text: string): [string, string] {
  const [, address, name] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (address === undefined || name === undefined) throw new UsageError(`--name is '${text}': give ADDRESS=NAME`);
  return [address, name];
}

/** A host that talks to itself: the ends are told apart by their SCTP ports. */
function loopLines(packets: readonly ReadPacket[]): string[] {
  const start = packets[0]?.timeMs ?? 0;
  const steps = packets.map(({ timeMs, comment, ...datagram }) => {
    const { sourcePort: from, destinationPort: to }: DecodedPacket = decodePacket(datagram.bytes);
    const ends = { from: `port ${from}`, to: `port ${to}` };
    return { ...datagram, ...ends, sentMs: timeMs - start, isLost: false, remark: comment };
  });
  return ladder(steps, [...new Set(steps.flatMap(({ from, to }) => [from, to]))]);
}

function fieldLines(bytes: Uint8Array): string[] {
  const indent = ' '.repeat(14);
  return decodePacket(bytes).chunks.flatMap(({ type, ...fields }) =>
    `${type} ${inspect(shortened(fields), { depth: 6, breakLength: 100, sorted: false })}`
      .split('\n')
      .map((line) => indent + line),
  );
}

const LONGEST_BYTES = 32;

/** The fields with bytes as hexadecimal digits. */
function shortened(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value.subarray(0, LONGEST_BYTES)).toString('hex');
    return value.length > LONGEST_BYTES ? `${text}… (${value.length} bytes)` : text;
  }
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shortened(each)]));
}
