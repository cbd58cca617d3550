import { Child } from './child.js';
import type { PacketChannel } from './fragmenting-peer.js';

/** Where the played host is, and where its peers are by default. */
const HOST = '10.0.0.1';
const PEER = '10.0.0.2';
/** As usrsctp.h has them on Linux. */
const [MSG_EOR, MSG_NOTIFICATION] = [0x80, 0x2000];

/** What recv answers; `bytes` is -errno when there is nothing. */
export interface Received {
  readonly bytes: number;
  readonly stream: number;
  /** The end of a message, not a part of one or a notification. */
  readonly isMessage: boolean;
}

/** The C side alone, driven by lines: test/native/stack.c of a build with a sanitizer. */
export class NativeStack {
  readonly #child: Child;
  readonly #packets: Uint8Array[] = [];
  /** So much of its output has been looked at. */
  #read = 0;

  /** `build`: asan or invariants, see scripts/tests.sh. */
  constructor(build: string) {
    this.#child = new Child(`build/${build}/stack`);
  }

  /** Runs a line; resolves to its result, or fails with what the program says when it ends. */
  async run(line: string): Promise<number> {
    const [, result] = await this.#line(line);
    return Number(result);
  }

  async receive(handle: number): Promise<Received> {
    const [, bytes, flags, stream] = await this.#line(`recv ${handle}`);
    const isMessage = (Number(flags) & (MSG_EOR | MSG_NOTIFICATION)) === MSG_EOR;
    return { bytes: Number(bytes), stream: Number(stream), isMessage };
  }

  /** The way of a peer with that address. */
  channel(address = PEER): PacketChannel {
    return {
      send: async (packet) => {
        await this.run(`packet ${address} ${HOST} ${Buffer.from(packet).toString('hex')}`);
      },
      received: () => this.#packets.splice(0),
    };
  }

  /** Ends it; what a sanitizer has found makes another code than 0. */
  async end(): Promise<number | null> {
    this.#child.end();
    return this.#child.exit();
  }

  get output(): string {
    return this.#child.output;
  }

  /** The words of the answer to a line; keeps the packets that were printed before it. */
  async #line(line: string): Promise<string[]> {
    this.#child.write(`${line}\n`);
    const end = await this.#child.until((output) => /^= .*\n/m.exec(output.slice(this.#read)), `the answer to ${line}`);
    const printed = this.#child.output.slice(this.#read, this.#read + end.index);
    this.#read += end.index + end[0].length;
    for (const [, hex] of printed.matchAll(/^out \S+ \S+ (\w+)$/gm)) this.#packets.push(Buffer.from(hex ?? '', 'hex'));
    return end[0].trim().split(' ');
  }
}
