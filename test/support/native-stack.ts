import { Child } from './child.js';
import type { PacketChannel } from './fragmenting-peer.js';

/** The address of the native stack, and the default address of its peers. */
const HOST = '10.0.0.1';
const PEER = '10.0.0.2';
/** The values of usrsctp.h on Linux. */
const [MSG_EOR, MSG_NOTIFICATION] = [0x80, 0x2000];

/** The result of recv. `bytes` is -errno if it fails. */
export interface Received {
  readonly bytes: number;
  readonly stream: number;
  /** Whether it ends a message: it is neither a part nor a notification. */
  readonly isMessage: boolean;
}

/** The C side alone, compiled natively with a sanitizer, and controlled by lines of text: test/native/stack.c. */
export class NativeStack {
  readonly #child: Child;
  readonly #packets: Uint8Array[] = [];
  /** How much of its output has been processed. */
  #read = 0;

  /** `build`: asan or invariants, see scripts/tests.sh. */
  constructor(build: string) {
    this.#child = new Child(`build/${build}/stack`);
  }

  /** Runs a line. Resolves with its result, or rejects with the program's output if it ends. */
  async run(line: string): Promise<number> {
    const [, result] = await this.#line(line);
    return Number(result);
  }

  async receive(handle: number): Promise<Received> {
    const [, bytes, flags, stream] = await this.#line(`recv ${handle}`);
    const isMessage = (Number(flags) & (MSG_EOR | MSG_NOTIFICATION)) === MSG_EOR;
    return { bytes: Number(bytes), stream: Number(stream), isMessage };
  }

  /** The channel of a peer with that address. */
  channel(address = PEER): PacketChannel {
    return {
      send: async (packet) => {
        await this.run(`packet ${address} ${HOST} ${Buffer.from(packet).toString('hex')}`);
      },
      received: () => this.#packets.splice(0),
    };
  }

  /** Ends it. The exit code is not 0 if a sanitizer has found a fault. */
  async end(): Promise<number | null> {
    this.#child.end();
    return this.#child.exit();
  }

  get output(): string {
    return this.#child.output;
  }

  /** The words of the answer to a line. Packets that were printed before it are kept for `received`. */
  async #line(line: string): Promise<string[]> {
    this.#child.write(`${line}\n`);
    const end = await this.#child.until((output) => /^= .*\n/m.exec(output.slice(this.#read)), `the answer to ${line}`);
    const printed = this.#child.output.slice(this.#read, this.#read + end.index);
    this.#read += end.index + end[0].length;
    for (const [, hex] of printed.matchAll(/^out \S+ \S+ (\w+)$/gm)) this.#packets.push(Buffer.from(hex ?? '', 'hex'));
    return end[0].trim().split(' ');
  }
}
