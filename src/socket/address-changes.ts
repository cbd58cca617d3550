import type { Address } from '../address.js';
import type { AddressChange } from './events.js';

/** Compares the local addresses of a transport with those of the last call. */
export class AddressChanges {
  #last: readonly Address[];

  constructor(addresses: readonly Address[]) {
    this.#last = [...addresses];
  }

  /** The change since the last call; undefined if there is none, as when only routes have changed. */
  next(now: readonly Address[]): AddressChange | undefined {
    const last = this.#last;
    const addresses = [...now];
    const added = addresses.filter((address) => !last.includes(address));
    const removed = last.filter((address) => !addresses.includes(address));
    this.#last = addresses;
    return added.length + removed.length === 0 ? undefined : { added, removed, addresses };
  }
}
