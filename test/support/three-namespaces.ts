import { execFileSync } from 'node:child_process';

export type Side = 'left' | 'right';
type Place = Side | 'middle';

/**
 * Three network namespaces: one for each of two programs, and one between them for the simulated network. Each program has two
 * links to the middle. The middle has the addresses of both programs, so it receives all of their packets.
 *
 *     left 10.78.1.1 ──── middle (has 10.78.1.1 and 10.78.1.2) ──── 10.78.1.2 right
 *     left 10.78.2.1 ──── middle (has 10.78.2.1 and 10.78.2.2) ──── 10.78.2.2 right
 */
export class ThreeNamespaces {
  readonly #names = new Map<Place, string>();

  /** Needs root. `remove` must be called even if it fails. */
  create(): void {
    for (const place of ['left', 'middle', 'right'] as const) {
      this.#names.set(place, `sctp-${place}3-${process.pid}`);
      ip('netns', 'add', this.name(place));
      this.#ip(place, 'link', 'set', 'lo', 'up');
    }
    this.#preferWaysToOwnAddresses();
    for (const side of ['left', 'right'] as const) {
      for (const address of this.addresses(side)) this.#join(side, address);
    }
  }

  remove(): void {
    for (const name of this.#names.values()) {
      try {
        ip('netns', 'del', name);
      } catch {
        // it wasn't created
      }
    }
  }

  name(place: Place): string {
    return this.#names.get(place) ?? '';
  }

  addresses(side: Side): string[] {
    return [1, 2].map((way) => `10.78.${way}.${side === 'left' ? 1 : 2}`);
  }

  /** Packets that the middle sends to its own addresses leave by routing table 100; those that arrive from them are accepted. */
  #preferWaysToOwnAddresses(): void {
    this.#ip('middle', 'rule', 'add', 'pref', '10', 'iif', 'lo', 'lookup', '100');
    this.#ip('middle', 'rule', 'add', 'pref', '20', 'lookup', 'local');
    this.#ip('middle', 'rule', 'del', 'pref', '0');
    for (const setting of ['rp_filter=0', 'accept_local=1']) {
      ip('netns', 'exec', this.name('middle'), 'sysctl', '-qw', `net.ipv4.conf.all.${setting}`);
    }
  }

  #join(side: Side, address: string): void {
    const [device, end] = [`${side}${address[6]}`, `to-${side}${address[6]}`];
    this.#ip(side, 'link', 'add', device, 'type', 'veth', 'peer', 'name', end, 'netns', this.name('middle'));
    this.#ip(side, 'addr', 'add', `${address}/24`, 'dev', device);
    this.#ip(side, 'link', 'set', device, 'up');
    this.#ip('middle', 'link', 'set', end, 'up');
    this.#ip('middle', 'addr', 'add', `${address}/32`, 'dev', 'lo');
    this.#ip('middle', 'route', 'add', `${address}/32`, 'dev', end, 'table', '100');
  }

  #ip(place: Place, ...args: string[]): void {
    ip('-n', this.name(place), ...args);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe', timeout: 40_000 });
}
