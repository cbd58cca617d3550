/** Why a watch calls back. */
export interface Readiness {
  /** There may be room in the send buffer; only if that was asked for. */
  readonly isWritable: boolean;
  /** The socket may have an error, or something in its error queue. */
  readonly hasError: boolean;
}

/** A file descriptor that is watched. The callback must only schedule an immediate. */
export interface Watch {
  /** Calls back whenever the descriptor can be read, has an error, or can be written if that is asked for. */
  start(isWriteAsked: boolean): void;
  /** Something was received, so that more is likely to come soon. */
  received(): void;
  /** Whether it keeps the process alive. */
  setRef(isRef: boolean): void;
  close(): void;
}

/** How often the descriptor is looked at, in ms. */
const INTERVAL_MS = 1;

/**
 * Looks at a descriptor every millisecond, and in each turn of the event loop while packets arrive. Worker threads need this: if a
 * worker is terminated while koffi's watch has an event, koffi ends the whole process (3.3.4: `napi_throw` in `OnPoll`).
 */
export class TimedWatch implements Watch {
  readonly #ready: (event: Readiness) => void;
  #isWriteAsked = false;
  #isRef = true;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(ready: (event: Readiness) => void) {
    this.#ready = ready;
    this.#timer = setInterval(this.#look, INTERVAL_MS);
  }

  start(isWriteAsked: boolean): void {
    this.#isWriteAsked = isWriteAsked;
  }

  received(): void {
    if (this.#timer === undefined || this.#turn !== undefined) return;
    this.#turn = setImmediate(this.#look);
    if (!this.#isRef) this.#turn.unref();
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    if (isRef) this.#timer?.ref();
    else this.#timer?.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#turn = undefined;
    this.#ready({ isWritable: this.#isWriteAsked, hasError: true });
  };
}

/** Another thread, which can wait for a descriptor without looking at it. */
export interface ReadinessThread {
  /** Calls `wake` once, when the descriptor can be read or has an error. */
  wait(wake: () => void): void;
  /** Whether waiting keeps this thread alive. */
  setRef(isRef: boolean): void;
  close(): void;
}

/** After so many looks without a packet, another thread waits for the next one. */
const MOST_LOOKS = 20;

/** Looks at a descriptor every millisecond as long as packets arrive. After that, another thread waits for the next packet. */
export class ThreadWatch implements Watch {
  readonly #thread: ReadinessThread;
  readonly #ready: (event: Readiness) => void;
  #timed: TimedWatch | undefined;
  #looksWithoutPacket = 0;
  #isWriteAsked = false;
  #isRef = true;
  #isClosed = false;

  constructor(thread: ReadinessThread, ready: (event: Readiness) => void) {
    this.#thread = thread;
    this.#ready = ready;
    thread.setRef(true);
    this.#look();
  }

  start(isWriteAsked: boolean): void {
    this.#isWriteAsked = isWriteAsked;
    if (isWriteAsked) this.#look();
    this.#timed?.start(isWriteAsked);
  }

  received(): void {
    this.#looksWithoutPacket = 0;
    this.#timed?.received();
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    this.#thread.setRef(isRef);
    this.#timed?.setRef(isRef);
  }

  close(): void {
    this.#isClosed = true;
    this.#timed?.close();
    this.#thread.close();
  }

  #look(): void {
    if (this.#timed !== undefined || this.#isClosed) return;
    this.#looksWithoutPacket = 0;
    this.#timed = new TimedWatch((event) => this.#looked(event));
    this.#timed.start(this.#isWriteAsked);
    this.#timed.setRef(this.#isRef);
  }

  #looked(event: Readiness): void {
    this.#ready(event);
    this.#looksWithoutPacket++;
    if (this.#looksWithoutPacket <= MOST_LOOKS || this.#isWriteAsked) return;
    this.#timed?.close();
    this.#timed = undefined;
    this.#thread.wait(this.#wake);
  }

  readonly #wake = (): void => {
    if (this.#isClosed) return;
    this.#look();
    this.#ready({ isWritable: this.#isWriteAsked, hasError: true });
  };
}
