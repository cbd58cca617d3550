import { execFileSync } from 'node:child_process';

export type Side = 'left' | 'right';
/** The number of a link; each link is a veth pair. */
export type Way = 1 | 2;
export type Family = 'IPv4' | 'IPv6';

/**
 * Two network namespaces and two separate links between them:
 *
 *     left1 10.77.1.1, fd77:1::1 ──── 10.77.1.2, fd77:1::2 right1
 *     left2 10.77.2.1, fd77:2::1 ──── 10.77.2.2, fd77:2::2 right2
 */
export class Namespaces {
  readonly #left = `sctp-left-${process.pid}`;
  readonly #right = `sctp-right-${process.pid}`;

  /** Needs root. `remove` must be called even if it fails. */
  create(): void {
    for (const side of ['left', 'right'] as const) {
      run('ip', 'netns', 'add', this.name(side));
      this.run(side, 'ip', 'link', 'set', 'lo', 'up');
    }
    for (const way of [1, 2] as const) {
      const peer = ['type', 'veth', 'peer', 'name', this.device('right', way), 'netns', this.#right];
      this.run('left', 'ip', 'link', 'add', this.device('left', way), ...peer);
      for (const side of ['left', 'right'] as const) {
        const ipv4 = `${this.address(side, way, 'IPv4')}/24`;
        this.run(side, 'ip', 'addr', 'add', ipv4, 'dev', this.device(side, way));
        this.#raise(side, way);
      }
    }
  }

  /** Removes the namespaces with their devices and rules. */
  remove(): void {
    for (const name of [this.#left, this.#right]) {
      try {
        run('ip', 'netns', 'del', name);
      } catch {
        // it wasn't created
      }
    }
  }

  name(side: Side): string {
    return side === 'left' ? this.#left : this.#right;
  }

  device(side: Side, way: Way): string {
    return `${side}${way}`;
  }

  address(side: Side, way: Way, family: Family): string {
    const host = side === 'left' ? 1 : 2;
    return family === 'IPv4' ? `10.77.${way}.${host}` : `fd77:${way}::${host}`;
  }

  setLink(side: Side, way: Way, state: 'up' | 'down'): void {
    this.run(side, 'ip', 'link', 'set', this.device(side, way), state);
  }

  /** Drops packets that arrive on that side from now on, silently. */
  drop(side: Side, way: Way): void {
    this.#rule(side, 'input', `iifname "${this.device(side, way)}" drop`);
  }

  /** Makes the kernel refuse to send on a link from now on: EPERM. */
  forbid(side: Side, way: Way): void {
    this.#rule(side, 'output', `oifname "${this.device(side, way)}" drop`);
  }

  /** Undoes `drop`, `forbid` and `setLink`. */
  heal(): void {
    for (const side of ['left', 'right'] as const) {
      this.run(side, 'nft', 'table inet cut {}; delete table inet cut');
      for (const way of [1, 2] as const) this.#raise(side, way);
    }
  }

  run(side: Side, ...command: string[]): void {
    run('ip', 'netns', 'exec', this.name(side), ...command);
  }

  /** IPv6 addresses are removed when their link goes down. */
  #raise(side: Side, way: Way): void {
    this.setLink(side, way, 'up');
    const ipv6 = `${this.address(side, way, 'IPv6')}/64`;
    this.run(side, 'ip', 'addr', 'replace', ipv6, 'dev', this.device(side, way), 'nodad');
  }

  #rule(side: Side, hook: 'input' | 'output', rule: string): void {
    this.run(side, 'nft', `table inet cut { chain ${hook} { type filter hook ${hook} priority 0; ${rule}; }; }`);
  }
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe', timeout: 40_000 });
}
