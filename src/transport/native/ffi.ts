import { isMainThread } from 'node:worker_threads';
import { SctpError } from '../../errors.js';
import { type Readiness, TimedWatch, type Watch } from './watch.js';

/** The address of memory, as the kernel takes it. */
export type NativeAddress = bigint & { readonly brand: 'NativeAddress' };

/** System calls of Linux. They return what the C functions return, or a negative errno. */
export interface SystemCalls {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array): number;
  sendmmsg(fd: number, messages: NativeAddress, count: number): number;
  recvmmsg(fd: number, messages: NativeAddress, count: number): number;
  /** Receives one message, with flags such as MSG_ERRQUEUE. */
  recvmsg(fd: number, message: NativeAddress, flags: number): number;
  /** Makes the number `to` another name of a descriptor. */
  dup3(from: number, to: number, flags: number): number;
  close(fd: number): number;
  /** Where a buffer is in memory. It stays there, and must be referenced for as long as the address is used. */
  addressOf(buffer: ArrayBufferLike): NativeAddress;
  /** Watches a file descriptor, until it is closed. */
  watch(fd: number, ready: (event: Readiness) => void): Watch;
  /** Watches a file descriptor on behalf of another thread, which reads from it. */
  watchOnce(fd: number, ready: () => void): OnceWatch;
}

/** A file descriptor that is watched for one event at a time. It doesn't keep the process alive. */
export interface OnceWatch {
  /** Calls back once, when the descriptor can be read or has an error. */
  wait(): void;
  close(): void;
}

const SUPPORTED_PROCESSORS = ['x64', 'arm64', 'riscv64', 'loong64'];

let loading: Promise<SystemCalls> | undefined;

/** Loads koffi, once for each thread. Rejects with an error that says what to do. */
export function systemCalls(): Promise<SystemCalls> {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<SystemCalls> {
  const { platform, arch } = process;
  if (platform !== 'linux' || !SUPPORTED_PROCESSORS.includes(arch)) {
    const where = `64-bit Linux with Node, not on ${platform} (${arch})`;
    throw startError('EAFNOSUPPORT', `usrsctp-wasm/native works on ${where}: use udp() of usrsctp-wasm/udp`);
  }
  const koffi = await import('koffi').catch((error: unknown) => {
    throw loadError(error);
  });
  return callsOf(koffi);
}

function callsOf(koffi: typeof import('koffi')): SystemCalls {
  const libc = koffi.load(null);
  const define = (prototype: string): ((...args: unknown[]) => number) => {
    const call = libc.func(prototype);
    return (...args) => {
      const result: number = call(...args);
      return result < 0 ? -koffi.errno() : result;
    };
  };
  const sendmmsg = libc.func('int sendmmsg(int fd, uintptr_t messages, uint count, int flags)');
  const recvmmsg = libc.func('int recvmmsg(int fd, uintptr_t messages, uint count, int flags, uintptr_t timeout)');
  return {
    socket: define('int socket(int family, int type, int protocol)'),
    bind: define('int bind(int fd, const void *address, uint length)'),
    getsockname: define('int getsockname(int fd, void *address, void *length)'),
    setsockopt: define('int setsockopt(int fd, int level, int name, const void *value, uint length)'),
    getsockopt: define('int getsockopt(int fd, int level, int name, void *value, void *length)'),
    sendmmsg(fd, messages, count) {
      const result: number = sendmmsg(fd, messages, count, 0);
      return result < 0 ? -koffi.errno() : result;
    },
    recvmmsg(fd, messages, count) {
      const result: number = recvmmsg(fd, messages, count, 0, 0);
      return result < 0 ? -koffi.errno() : result;
    },
    recvmsg: define('intptr_t recvmsg(int fd, uintptr_t message, int flags)'),
    dup3: define('int dup3(int from, int to, int flags)'),
    close: define('int close(int fd)'),
    addressOf: (buffer) => koffi.address(buffer) as NativeAddress,
    watch: (fd, ready) => (isMainThread ? new PollWatch(koffi, fd, ready) : new TimedWatch(ready)),
    watchOnce: (fd, ready) => (isMainThread ? new PollOnce(koffi, fd, ready) : new TimedOnce(ready)),
  };
}

/**
 * `koffi.node.poll`, which watches a file descriptor with libuv. It calls back without running promises and `process.nextTick`
 * afterwards, as Node's own handles do. So the callback of a watch only schedules an immediate.
 */
class PollWatch implements Watch {
  static readonly #open = new Set<PollWatch>();

  readonly #ready: (event: Readiness) => void;
  readonly #handle: import('koffi').node.PollHandle;
  #isWriteAsked = false;

  /** While Node cleans up, an event of a watch that is open would end the process with a fatal error (koffi 3.3.4). */
  static readonly #closeAll = (): void => {
    for (const watch of [...PollWatch.#open]) watch.close();
  };

  constructor(koffi: typeof import('koffi'), fd: number, ready: (event: Readiness) => void) {
    this.#ready = ready;
    this.#handle = koffi.node.poll(fd, { readable: true }, this.#called);
    if (PollWatch.#open.size === 0) process.once('exit', PollWatch.#closeAll);
    PollWatch.#open.add(this);
  }

  start(isWriteAsked: boolean): void {
    this.#isWriteAsked = isWriteAsked;
    this.#handle.start({ readable: true, writable: isWriteAsked }, this.#called);
  }

  /** Doesn't call back any more until `start`. */
  stop(): void {
    this.#handle.stop();
  }

  received(): void {}

  setRef(isRef: boolean): void {
    if (isRef) this.#handle.ref();
    else this.#handle.unref();
  }

  close(): void {
    this.#handle.close();
    PollWatch.#open.delete(this);
    if (PollWatch.#open.size === 0) process.off('exit', PollWatch.#closeAll);
  }

  /** libuv stops watching a socket that has an error, such as one that ICMP has reported. */
  readonly #called = (...event: unknown[]): void => {
    const [status, events] = event as [number, { writable: boolean }]; // koffi's declaration lacks the status
    if (status < 0) this.start(this.#isWriteAsked);
    this.#ready({ isWritable: events.writable, hasError: status < 0 });
  };
}

/** libuv reports a descriptor again and again until somebody reads from it. So it is only watched until it is reported once. */
class PollOnce implements OnceWatch {
  readonly #watch: PollWatch;
  #turn: NodeJS.Immediate | undefined;

  constructor(koffi: typeof import('koffi'), fd: number, ready: () => void) {
    this.#watch = new PollWatch(koffi, fd, () => {
      this.#watch.stop();
      this.#turn ??= setImmediate(() => {
        this.#turn = undefined;
        ready();
      });
    });
    this.#watch.setRef(false);
  }

  wait(): void {
    this.#watch.start(false);
  }

  close(): void {
    clearImmediate(this.#turn);
    this.#watch.close();
  }
}

/** How often other threads look if none can wait, in ms. */
const LOOK_MS = 20;

/** In place of waiting in a worker thread, where koffi's watch can't be used. */
class TimedOnce implements OnceWatch {
  readonly #ready: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(ready: () => void) {
    this.#ready = ready;
    this.wait();
  }

  wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ready, LOOK_MS);
    this.#timer.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

function loadError(cause: unknown): SctpError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const message =
      'usrsctp-wasm/native needs the package koffi: run `npm install koffi`, or use udp() of usrsctp-wasm/udp';
    return startError('EOPNOTSUPP', message, cause);
  }
  if (code === 'ERR_DLOPEN_DISABLED' || code === 'ERR_ACCESS_DENIED') {
    const message =
      'Node’s permission model forbids native code: start Node with --allow-addons, or without --permission';
    return startError('EACCES', message, cause);
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return startError('EOPNOTSUPP', `koffi can't be loaded (${why}): install a version that supports this system`, cause);
}

function startError(code: 'EACCES' | 'EAFNOSUPPORT' | 'EOPNOTSUPP', message: string, cause?: unknown): SctpError {
  return new SctpError(code, message, { syscall: 'start', ...(cause !== undefined && { cause }) });
}
