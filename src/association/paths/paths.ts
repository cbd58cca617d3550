import type { Address } from '../../address.js';
import { FewMap } from '../../few.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import { type Path, pathsOf } from './path.js';
import { type Status, statusOf } from './status.js';

/** Where an association is now. */
interface Place {
  readonly moduleSocket: ModuleSocket;
  /** An id that no path of the socket has. */
  nextPathId(): number;
}

/** What usrsctp tells of an association's state and paths; after its end, when it tells nothing, what it told last. */
export class Paths {
  readonly #associationId: number;
  readonly #ids = new FewMap<Address, number>();
  #last: readonly Path[] = [];
  #status: Status | undefined;

  constructor(associationId: number) {
    this.#associationId = associationId;
  }

  get last(): readonly Path[] {
    return this.#last;
  }

  get lastStatus(): Status | undefined {
    return this.#status;
  }

  /** Reads what there is to read. False: the association has ended. */
  refresh(place: Place): boolean {
    const { moduleSocket } = place;
    const state = moduleSocket.association(this.#associationId);
    if (!state) return false;
    this.#last = pathsOf(state, moduleSocket, (address) => this.#idOf(address, place));
    this.#status = statusOf(state);
    return true;
  }

  has(address: Address): boolean {
    return this.#last.some((path) => path.address === address);
  }

  isConfirmed(address: Address): boolean {
    return this.#last.some((path) => path.address === address && path.state !== 'unconfirmed');
  }

  #idOf(address: Address, place: Place): number {
    const known = this.#ids.get(address);
    if (known !== undefined) return known;
    const id = place.nextPathId();
    this.#ids.set(address, id);
    return id;
  }
}
