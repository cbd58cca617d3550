import { closeSync, openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { errnoName } from './errno.js';
import type { SystemCalls } from './ffi.js';
import { O_CLOEXEC, SOCK_CLOEXEC, SOCK_NONBLOCK } from './linux.js';

/** A system call has failed. */
export class SystemError extends Error {
  /** The POSIX name of the error. */
  readonly errno: string;

  constructor(syscall: string, result: number) {
    const errno = errnoName(result);
    super(`${syscall}: ${errno}`);
    this.errno = errno;
  }
}

/** A socket of the operating system. Calls that fail throw a {@link SystemError}. */
export class Descriptor {
  readonly fd: number;
  readonly #system: SystemCalls;

  static socket(system: SystemCalls, family: number, type: number, protocol: number): Descriptor {
    const fd = system.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) throw new SystemError('socket', fd);
    if (isMainThread) return new Descriptor(system, fd);
    try {
      return Descriptor.duplicate(system, fd);
    } finally {
      system.close(fd);
    }
  }

  /**
   * Another descriptor of the same socket, for a worker. It has a number that Node knows: Node closes the files that a worker has
   * opened by `node:fs` when the worker is terminated, and no code of ours could run then.
   */
  static duplicate(system: SystemCalls, fd: number): Descriptor {
    const known = openSync('/dev/null', 'r');
    const result = system.dup3(fd, known, O_CLOEXEC);
    if (result >= 0) return new Descriptor(system, known);
    closeSync(known);
    throw new SystemError('dup3', result);
  }

  private constructor(system: SystemCalls, fd: number) {
    this.#system = system;
    this.fd = fd;
  }

  bind(address: Uint8Array): void {
    const result = this.#system.bind(this.fd, address, address.length);
    if (result < 0) throw new SystemError('bind', result);
  }

  setOption(level: number, name: number, value: number): void {
    const result = this.#setInteger(level, name, value);
    if (result < 0) throw new SystemError('setsockopt', result);
  }

  /** Sets an option that this kernel may not have. Returns whether it has. */
  tryOption(level: number, name: number, value: number): boolean {
    return this.#setInteger(level, name, value) >= 0;
  }

  /** Sets an option whose value is a structure. */
  setStructure(level: number, name: number, value: Uint8Array): void {
    const result = this.#system.setsockopt(this.fd, level, name, value, value.length);
    if (result < 0) throw new SystemError('setsockopt', result);
  }

  /** The local address, as the kernel writes it. */
  localName(): Uint8Array {
    const name = new Uint8Array(128);
    const length = new Uint32Array([name.length]);
    const result = this.#system.getsockname(this.fd, name, length);
    if (result < 0) throw new SystemError('getsockname', result);
    return name.subarray(0, length[0]);
  }

  close(): void {
    if (isMainThread) this.#system.close(this.fd);
    else closeSync(this.fd);
  }

  #setInteger(level: number, name: number, value: number): number {
    const bytes = new Uint8Array(Int32Array.of(value).buffer);
    return this.#system.setsockopt(this.fd, level, name, bytes, bytes.length);
  }
}
