import type { Clock } from '../../clock.js';
import { uncaught } from '../../uncaught.js';
import type { Interfaces } from './interfaces.js';

/** How often the machine's addresses are read, in ms. Reading them takes about 0.1 ms. */
const INTERVAL_MS = 1000;
/** The shortest time between two readings, in ms: every packet may fail while an address is missing. */
const SHORTEST_INTERVAL_MS = 100;

/** What a watch uses, and whom it tells. */
export interface WatchParts {
  readonly clock: Clock;
  /** Reads the machine's interfaces. */
  read(): Interfaces;
  /** The interfaces differ from the last ones. If it resolves with false, it is called again at the next reading. */
  changed(interfaces: Interfaces): Promise<boolean>;
}

/**
 * Watches the machine's addresses by reading them every second, since no runtime has an event for it. The next reading follows
 * when `changed` has finished.
 *
 *     waiting ─ 1 s, or a failed send ─► reading ─┬─ the same ─────────────────► waiting
 *                                                 └─ different ─► changed() ───► waiting
 */
export class InterfaceWatch {
  readonly #parts: WatchParts;
  /** The interfaces, as text, that `changed` has processed. */
  #processed: string;
  #readAtMs: number;
  #isClosed = false;
  #isUnref = false;
  #cancel: (() => void) | undefined;

  /** `interfaces`: those that are known already; `undefined` if they aren't processed completely. */
  constructor(parts: WatchParts, interfaces: Interfaces | undefined) {
    this.#parts = parts;
    this.#processed = interfaces === undefined ? '' : JSON.stringify(interfaces);
    this.#readAtMs = parts.clock.now();
    this.#wait(INTERVAL_MS);
  }

  /** A packet couldn't be sent, possibly because an address is gone: reads without waiting for the end of the second. */
  hurry(): void {
    if (this.#cancel !== undefined) this.#wait(this.#readAtMs + SHORTEST_INTERVAL_MS - this.#parts.clock.now());
  }

  /** Whether its timer keeps the process alive. */
  setRef(isRef: boolean): void {
    this.#isUnref = !isRef;
    if (this.#cancel !== undefined) this.#wait(INTERVAL_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(delayMs: number): void {
    this.#cancel?.();
    const read = () => {
      this.#cancel = undefined;
      void this.#compare();
    };
    this.#cancel = this.#parts.clock.schedule(Math.max(delayMs, 0), read, this.#isUnref);
  }

  async #compare(): Promise<void> {
    this.#readAtMs = this.#parts.clock.now();
    const interfaces = this.#read();
    const text = JSON.stringify(interfaces);
    if (interfaces !== undefined && text !== this.#processed) {
      this.#processed = (await this.#parts.changed(interfaces).catch(failed)) ? text : '';
    }
    if (!this.#isClosed) this.#wait(INTERVAL_MS);
  }

  /** The runtime throws if the process has too many open files. */
  #read(): Interfaces | undefined {
    try {
      return this.#parts.read();
    } catch {
      return undefined;
    }
  }
}

/** A filter of the program threw an error: it isn't called again before the next change. */
function failed(error: unknown): true {
  uncaught(error);
  return true;
}
