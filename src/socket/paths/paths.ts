import type { Address } from '../../address.js';
import { SctpError } from '../../errors.js';
import type { Descriptor } from '../descriptor.js';
import { type Path, readPaths } from './path.js';
import { readStatus, type Status } from './status.js';

/** Where an association is now. */
interface Place {
  readonly descriptor: Descriptor;
  /** An id that no path of the socket has. */
  nextPathId(): number;
}

/** What usrsctp tells of an association's state and paths; after its end, when it tells nothing, what it told last. */
export class Paths {
  readonly #associationId: number;
  readonly #place: () => Place;
  readonly #ids = new Map<Address, number>();
  #last: readonly Path[] = [];
  #status: Status | undefined;

  constructor(associationId: number, place: () => Place) {
    this.#associationId = associationId;
    this.#place = place;
  }

  get last(): readonly Path[] {
    return this.#last;
  }

  get lastStatus(): Status | undefined {
    return this.#status;
  }

  /** Reads what there is to read. */
  refresh(): readonly Path[] {
    try {
      const { descriptor } = this.#place();
      this.#last = readPaths(descriptor, this.#associationId, (address) => this.#idOf(address));
      this.#status = readStatus(descriptor, this.#associationId);
    } catch (error) {
      if (!(error instanceof SctpError)) throw error; // it ends just now
    }
    return this.#last;
  }

  has(address: Address): boolean {
    return this.#last.some((path) => path.address === address);
  }

  #idOf(address: Address): number {
    const id = this.#ids.get(address) ?? this.#place().nextPathId();
    this.#ids.set(address, id);
    return id;
  }
}
