import { writeFileSync } from 'node:fs';
import { tapped } from '../../src/transport/tap.js';
import type { Transport } from '../../src/transport/transport.js';
import { describePacket } from '../../src/wire/describe.js';

/** A packet of 1,500 bytes takes about 150 characters. */
const MOST_LINES = 20_000;

/** The last packets of one or more stacks and what the test has noted in between, to find out why a test in real time has failed. */
export class RecentPackets {
  readonly #lines: string[] = [];

  /** A transport whose packets are recorded, each with the name of its stack. */
  tap(name: string, transport: Transport): Transport {
    return tapped(transport, (direction, packets) => {
      for (const { source, destination, bytes } of packets) {
        this.note(`${name} ${direction} ${source} → ${destination} ${describePacket(bytes)}`);
      }
    });
  }

  note(text: string): void {
    this.#lines.push(`${performance.now().toFixed(0)} ${text}`);
    if (this.#lines.length > 2 * MOST_LINES) this.#lines.splice(0, MOST_LINES);
  }

  /** Notes what a function returns whenever that has changed. Returns how to end this. */
  noteChanges(describe: () => string): () => void {
    let last = '';
    const timer = setInterval(() => {
      const text = describe();
      if (text !== last) this.note(text);
      last = text;
    }, 10);
    return () => clearInterval(timer);
  }

  /** Writes them to a file, one line each, which begins with the time in ms. */
  save(file: string): void {
    writeFileSync(file, this.#lines.map((line) => `${line}\n`).join(''));
  }
}
