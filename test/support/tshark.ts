import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Payloads aren't dissected: heuristic dissectors would report random bytes as malformed. */
const PREFERENCES = ['-o', 'sctp.checksum:CRC 32c', '-o', 'sctp.reassembly:FALSE'];
const GUESSERS = ['jxta_sctp', 'nbap_sctp', 'sip_sctp'];

/** The result of Wireshark's SCTP dissector for a capture. */
export interface Verdict {
  /** The requested fields of each SCTP packet with a correct CRC32c. */
  readonly good: readonly string[][];
  /** One line for each packet that is malformed or has a wrong CRC32c. */
  readonly bad: readonly string[];
}

/** Checks the SCTP packets of a capture with tshark. `udpPort` is a UDP port of encapsulated SCTP. */
export async function judge(file: string, udpPort: number, fields: readonly string[] = []): Promise<Verdict> {
  const columns = ['frame.number', ...fields].flatMap((name) => ['-e', name]);
  const [bad, good] = await Promise.all([
    tshark(file, udpPort, ['-Y', 'sctp.checksum.status==0 || _ws.malformed']),
    tshark(file, udpPort, ['-Y', 'sctp.checksum.status==1', '-T', 'fields', ...columns]),
  ]);
  return { bad, good: good.map((line) => line.split('\t').slice(1)) };
}

/** Writes a capture into a temporary file for the duration of `use`. */
export async function withFile<T>(bytes: Uint8Array, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'capture-'));
  try {
    const file = join(folder, 'packets.pcapng');
    writeFileSync(file, bytes);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function tshark(file: string, udpPort: number, args: readonly string[]): Promise<string[]> {
  const guessers = GUESSERS.flatMap((name) => ['--disable-heuristic', name]);
  const all = ['-n', ...PREFERENCES, ...guessers, '-d', `udp.port==${udpPort},sctp`, '-r', file, ...args];
  const { stdout } = await run('tshark', all, { maxBuffer: 2 ** 28 });
  return stdout.split('\n').filter((line) => line !== '');
}
