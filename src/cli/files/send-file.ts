import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Association } from '../../index.js';
import { CommandError, EXIT } from '../exit.js';
import { Progress } from '../progress.js';
import { decodeReceipt, encode, FILE_PPID, type Receipt } from './protocol.js';

/** How a file is sent. */
export interface SendFileOptions {
  readonly messageBytes: number;
  /** Only the content, for receivers that aren't `usrsctp-wasm receive`. */
  readonly isRaw: boolean;
  /** How long the receipt may take after everything was acknowledged, in ms. */
  readonly receiptMs: number;
  readonly showsProgress: boolean;
}

/** What was sent. */
export interface SentFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly elapsedMs: number;
}

/**
 * Sends a file, and waits until the receiver has confirmed that it has the same bytes. Rejects with `CommandError` if it hasn't,
 * with the file's error, and with that of the association.
 */
export async function sendFile(association: Association, path: string, options: SendFileOptions): Promise<SentFile> {
  const stat = statSync(path);
  const name = basename(path);
  const size = stat.isFile() ? { bytes: stat.size } : {};
  const progress = new Progress(name, size.bytes, options.showsProgress);
  const hash = createHash('sha256');
  const receipt = options.isRaw ? undefined : new ReceiptReader(association, name);
  const ppid = options.isRaw ? 0 : FILE_PPID.data;
  try {
    if (!options.isRaw) await association.send(encode({ name, ...size }), { ppid: FILE_PPID.begin });
    for await (const chunk of createReadStream(path, { highWaterMark: options.messageBytes })) {
      if (receipt?.hasCome) break;
      hash.update(chunk);
      await association.send(chunk, { ppid });
      progress.add(chunk.length);
    }
    const sha256 = hash.digest('hex');
    if (receipt !== undefined) {
      if (!receipt.hasCome) await association.send(encode({ sha256 }), { ppid: FILE_PPID.end });
      check(await receipt.wait(options.receiptMs), name, progress.bytes, sha256);
    }
    return { name, bytes: progress.bytes, sha256, elapsedMs: progress.elapsedMs };
  } finally {
    progress.end();
  }
}

function check(receipt: Receipt, name: string, bytes: number, sha256: string): void {
  if ('error' in receipt) throw new CommandError(EXIT.incomplete, `the receiver has refused ${name}: ${receipt.error}`);
  if (receipt.bytes === bytes && receipt.sha256 === sha256) return;
  throw new CommandError(EXIT.incomplete, `the receiver has received something else for ${name}: send it again`);
}

/** Waits for the receipt of a file from its beginning on, because the receiver may refuse it. */
class ReceiptReader {
  hasCome = false;
  readonly #association: Association;
  readonly #name: string;
  readonly #receipt: Promise<Receipt>;
  readonly #giveUp = new AbortController();

  constructor(association: Association, name: string) {
    this.#association = association;
    this.#name = name;
    this.#receipt = this.#receive();
    this.#receipt.catch(() => {}); // `wait` reports it
  }

  async wait(limitMs: number): Promise<Receipt> {
    const { clock } = this.#association;
    let cancel = () => {};
    const off = this.#association.once('senderDry', () => {
      cancel = clock.schedule(limitMs, () => this.#giveUp.abort(this.#timeoutError()));
    });
    try {
      return await this.#receipt;
    } finally {
      off();
      cancel();
    }
  }

  async #receive(): Promise<Receipt> {
    for (;;) {
      const message = await this.#association.receive({ signal: this.#giveUp.signal });
      if (message === undefined)
        throw new CommandError(EXIT.incomplete, `the peer has left before ${this.#name} was confirmed`);
      if (message.ppid !== FILE_PPID.receipt) continue;
      this.hasCome = true;
      return decodeReceipt(message.data);
    }
  }

  #timeoutError(): CommandError {
    const hint = "is it 'usrsctp-wasm receive'? For any other receiver, use --raw";
    return new CommandError(EXIT.incomplete, `the peer hasn't confirmed that it has ${this.#name}: ${hint}`);
  }
}
