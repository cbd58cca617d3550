import type { Address } from '../../address.js';
import type { SctpError } from '../../errors.js';

/** Who is told that the network refuses an address. */
export interface RefusalListener {
  refused(address: Address, error: SctpError): void;
}

/** The listeners of a stack by address, so that a report about an address concerns few of many associations. */
export class Refusals {
  readonly #listeners = new Map<Address, Set<RefusalListener>>();

  /** The listener is told about these addresses from now on, and no longer about those in `before`. */
  listen(listener: RefusalListener, addresses: readonly Address[], before: readonly Address[]): void {
    for (const address of before) this.#remove(address, listener);
    for (const address of addresses) {
      const listeners = this.#listeners.get(address) ?? new Set();
      this.#listeners.set(address, listeners.add(listener));
    }
  }

  report(address: Address, error: SctpError): void {
    for (const listener of [...(this.#listeners.get(address) ?? [])]) listener.refused(address, error);
  }

  #remove(address: Address, listener: RefusalListener): void {
    const listeners = this.#listeners.get(address);
    if (listeners?.delete(listener) && listeners.size === 0) this.#listeners.delete(address);
  }
}
