import type { Address } from '../../src/address.js';
import type { Route, TransportHost } from '../../src/transport/transport.js';
import { Silenced } from './silenced.js';

/** A transport whose link can be interrupted. As with a relay, the address stays while the link is down. */
export class Interruptible extends Silenced {
  readonly #down = new Set<Address>();
  #host: TransportHost | undefined;

  /** Interrupts the link of an address. The stack is told that routes have changed. */
  down(address: Address): void {
    this.#down.add(address);
    this.silence(...this.#down);
    this.#host?.changed();
  }

  /** Restores it. The stack is told that the link is back. */
  up(address: Address): void {
    this.#down.delete(address);
    this.silence(...this.#down);
    this.#host?.changed([address]);
  }

  override start(host: TransportHost): Promise<void> {
    this.#host = host;
    return super.start(host);
  }

  override route(destination: Address): Route | undefined {
    const preferred = super.route(destination);
    if (preferred === undefined || !this.#down.has(preferred.source)) return preferred;
    const source = this.addresses.find((address) => !this.#down.has(address));
    return source === undefined ? undefined : { ...preferred, source };
  }
}
