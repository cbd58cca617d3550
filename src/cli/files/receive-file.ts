import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Progress } from '../progress.js';
import type { Begin, End } from './protocol.js';

/** Where files are written. */
export interface ReceiveOptions {
  readonly directory: string;
  readonly overwrites: boolean;
  readonly showsProgress: boolean;
}

/** What was received. */
export interface ReceivedFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly elapsedMs: number;
}

/** A file that is being received. */
export class IncomingFile {
  readonly name: string;
  readonly path: string;
  readonly #announced: number | undefined;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  readonly #progress: Progress;

  /** Opens the file. Rejects if it exists and may not be overwritten, or with the disk's error. */
  static async create({ name, bytes }: Begin, options: ReceiveOptions): Promise<IncomingFile> {
    const path = join(options.directory, name);
    const handle = await open(path, options.overwrites ? 'w' : 'wx').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new Error(`${path} exists; --overwrite replaces it`) : error;
    });
    return new IncomingFile({
      name,
      path,
      announced: bytes,
      handle,
      progress: new Progress(name, bytes, options.showsProgress),
    });
  }

  private constructor(parts: {
    readonly name: string;
    readonly path: string;
    readonly announced: number | undefined;
    readonly handle: FileHandle;
    readonly progress: Progress;
  }) {
    this.name = parts.name;
    this.path = parts.path;
    this.#announced = parts.announced;
    this.#handle = parts.handle;
    this.#progress = parts.progress;
  }

  /** Writes bytes. Rejects if there are more than were announced, or with the disk's error. */
  async write(data: Uint8Array): Promise<void> {
    if (this.#progress.bytes + data.length > (this.#announced ?? Number.POSITIVE_INFINITY)) {
      throw new Error(`the file is longer than the ${this.#announced} bytes that were announced`);
    }
    this.#hash.update(data);
    await this.#handle.writeFile(data); // appends to what was written through this handle
    this.#progress.add(data.length);
  }

  /** Closes the file. Rejects if it isn't what was sent. */
  async end({ sha256: sent }: End): Promise<ReceivedFile> {
    const sha256 = this.#hash.digest('hex');
    if (sha256 !== sent) throw new Error('the file has arrived with another content: its SHA-256 differs');
    this.#progress.end();
    await this.#handle.close();
    const { bytes, elapsedMs } = this.#progress;
    return { name: this.name, path: this.path, bytes, sha256, elapsedMs };
  }

  /** Removes a file that isn't complete. */
  async discard(): Promise<void> {
    this.#progress.end();
    await this.#handle.close();
    await rm(this.path, { force: true });
  }
}
