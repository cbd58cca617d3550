import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Message } from '../../index.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit.js';
import { decodeBegin, decodeEnd, encode, FILE_PPID, type Receipt } from '../files/protocol.js';
import { IncomingFile, type ReceiveOptions } from '../files/receive-file.js';
import { formatBytes, formatRate } from '../format.js';
import { NETWORK_OPTIONS, SERVER_NETWORK_HELP } from '../network-options.js';
import { noArguments, parse } from '../parse.js';
import { Report } from '../report.js';
import { type Client, type Received, receiveAll, serve } from '../server.js';

const PORT = '5005';

const OPTIONS = {
  ...NETWORK_OPTIONS,
  port: { type: 'string', default: PORT },
  directory: { type: 'string', default: '.' },
  output: { type: 'string' },
  overwrite: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
} as const;

export const receive: Command = {
  help: `usrsctp-wasm receive [OPTIONS]

Receives what one peer sends. Files of 'usrsctp-wasm send --file' are written into a directory, and confirmed with their
SHA-256. All other data, of any SCTP client, is written to the standard output or to --output. What happens is printed
on standard error.

Examples:
  usrsctp-wasm receive                                    files into this directory
  usrsctp-wasm receive --directory uploads --keep         from any number of peers
  usrsctp-wasm receive | tar x                            there: tar c folder | usrsctp-wasm send ADDRESS

Data:
  --directory DIR      where files are written (default: here)
  --overwrite          replace files that exist; without it they are refused
  --output FILE        where other data is written (default: standard output)

Server:
  --port N             SCTP port (default ${PORT})
  --keep               go on when the first peer has finished

${SERVER_NETWORK_HELP}
Exit codes: 0 everything has arrived; 4 an association was lost, or a file is incomplete and was removed.
`,
  async run(args, { signal }) {
    const { values, positionals } = parse(args, OPTIONS);
    noArguments(positionals, 'receive');
    const report = new Report(values.json, (text) => process.stderr.write(text));
    const { directory, overwrite: overwrites, output } = values;
    const files = { directory, overwrites, showsProgress: !values.json };
    const target = output === undefined ? process.stdout : createWriteStream(output);
    let isComplete = true;
    const areGraceful = await serve({ ...values, once: !values.keep }, { report, signal }, async (client) => {
      const receiver = new Receiver(client, files, target, report);
      const received = await receiver.run();
      isComplete &&= receiver.isComplete;
      return received;
    });
    if (output !== undefined) await ended(target);
    return areGraceful && isComplete ? EXIT.done : EXIT.incomplete;
  },
};

/** Receives from one peer. */
class Receiver {
  /** Has every file arrived as it was sent? */
  isComplete = true;
  readonly #client: Client;
  readonly #options: ReceiveOptions;
  readonly #output: Writable;
  readonly #report: Report;
  #file: IncomingFile | undefined;
  /** The name of the file that was begun last. */
  #name: string | undefined;

  constructor(client: Client, options: ReceiveOptions, output: Writable, report: Report) {
    this.#client = client;
    this.#options = options;
    this.#output = output;
    this.#report = report;
  }

  async run(): Promise<Received> {
    const received = await receiveAll(this.#client.association, (message) => this.#take(message));
    if (this.#file !== undefined) await this.#fail(new Error('the sender has left before its end'));
    return received;
  }

  async #take({ data, ppid }: Message): Promise<void> {
    if (ppid === FILE_PPID.begin || ppid === FILE_PPID.data || ppid === FILE_PPID.end) {
      try {
        await this.#takeFile(data, ppid);
      } catch (error) {
        await this.#fail(error);
      }
    } else if (!this.#output.write(data)) {
      await new Promise((resolve) => this.#output.once('drain', resolve));
    }
  }

  async #takeFile(data: Uint8Array, ppid: number): Promise<void> {
    if (ppid === FILE_PPID.begin) {
      if (this.#file !== undefined) throw new Error('the sender has begun another file before its end');
      const begin = decodeBegin(data);
      this.#name = begin.name;
      this.#file = await IncomingFile.create(begin, this.#options);
    } else if (ppid === FILE_PPID.data) {
      await this.#file?.write(data); // the rest of a refused file is dropped
    } else if (this.#file !== undefined) {
      const { elapsedMs, ...file } = await this.#file.end(decodeEnd(data));
      this.#file = undefined;
      const rate = formatRate((8000 * file.bytes) / elapsedMs);
      const text = `${this.#client.number}: received ${file.path}: ${formatBytes(file.bytes)}, ${rate}`;
      this.#report.event('received', { ...file, elapsedMs }, text);
      await this.#confirm({ bytes: file.bytes, sha256: file.sha256 });
    }
  }

  /** Removes the file that is being received, and tells the sender why. */
  async #fail(error: unknown): Promise<void> {
    this.isComplete = false;
    const { number } = this.#client;
    const name = this.#name;
    const message = error instanceof Error ? error.message : String(error);
    await this.#file?.discard();
    this.#file = undefined;
    this.#report.event(
      'refused',
      { association: number, name, message },
      `${number}: ${name === undefined ? '' : `${name}: `}${message}`,
    );
    await this.#confirm({ error: message });
  }

  /** The sender may have gone. */
  #confirm(receipt: Receipt): Promise<void> {
    return this.#client.association.send(encode(receipt), { ppid: FILE_PPID.receipt }).catch(() => {});
  }
}

function ended(output: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    output.once('error', reject);
    output.end(resolve);
  });
}
