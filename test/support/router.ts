import { execFileSync } from 'node:child_process';
import type { Family, Side } from './namespaces.js';

type Place = Side | 'router';

/**
 * Three network namespaces: two hosts, and a router between them that sends no ICMP:
 *
 *     left 10.79.1.1, fd79:1::1 ──── router ──── 10.79.2.1, fd79:2::1 right
 */
export class RouterBetween {
  readonly #names = new Map<Place, string>();

  /** Needs root. `remove` must be called even if it fails. */
  create(): void {
    for (const place of ['left', 'router', 'right'] as const) {
      this.#names.set(place, `sctp-${place}-r${process.pid}`);
      run('ip', 'netns', 'add', this.name(place));
      this.#run(place, 'ip', 'link', 'set', 'lo', 'up');
    }
    this.#run('router', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    for (const side of ['left', 'right'] as const) this.#join(side);
    const rules = 'ip protocol icmp drop; icmpv6 type packet-too-big drop;';
    this.#run('router', 'nft', `table inet quiet { chain out { type filter hook output priority 0; ${rules} }; }`);
  }

  remove(): void {
    for (const name of this.#names.values()) {
      try {
        run('ip', 'netns', 'del', name);
      } catch {
        // it wasn't created
      }
    }
  }

  name(place: Place): string {
    return this.#names.get(place) ?? '';
  }

  address(side: Side, family: Family): string {
    const network = side === 'left' ? 1 : 2;
    return family === 'IPv4' ? `10.79.${network}.1` : `fd79:${network}::1`;
  }

  /** Sets the largest IP packet that the router forwards to the right, in bytes. */
  setMtu(bytes: number): void {
    // Not of `to-left`: a veth device drops packets that are larger than its own MTU before the router sees them.
    this.#run('router', 'ip', 'link', 'set', 'to-right', 'mtu', `${bytes}`);
  }

  /** From now on, the router sends ICMP. */
  allowIcmp(): void {
    this.#run('router', 'nft', 'table inet quiet {}; delete table inet quiet');
  }

  #join(side: Side): void {
    const peer = ['type', 'veth', 'peer', 'name', `to-${side}`, 'netns', this.name('router')];
    this.#run(side, 'ip', 'link', 'add', 'eth0', ...peer);
    for (const [family, bits] of [
      ['IPv4', 24],
      ['IPv6', 64],
    ] as const) {
      const own = this.address(side, family);
      const router = own.replace(/1$/, 'fe').replace(/\.fe$/, '.254');
      const version = family === 'IPv4' ? '-4' : '-6';
      const nodad = family === 'IPv6' ? ['nodad'] : [];
      this.#run(side, 'ip', version, 'addr', 'add', `${own}/${bits}`, 'dev', 'eth0', ...nodad);
      this.#run('router', 'ip', version, 'addr', 'add', `${router}/${bits}`, 'dev', `to-${side}`, ...nodad);
      if (family === 'IPv4') this.#raise(side);
      this.#run(side, 'ip', version, 'route', 'add', 'default', 'via', router);
    }
  }

  #raise(side: Side): void {
    this.#run(side, 'ip', 'link', 'set', 'eth0', 'up');
    this.#run('router', 'ip', 'link', 'set', `to-${side}`, 'up');
  }

  #run(place: Place, ...command: string[]): void {
    run('ip', 'netns', 'exec', this.name(place), ...command);
  }
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe', timeout: 40_000 });
}
