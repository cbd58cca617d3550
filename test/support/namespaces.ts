import { execFileSync } from 'node:child_process';

export type Side = 'left' | 'right';
/** 1 or 2: each is a veth pair of its own. */
export type Way = 1 | 2;
export type Family = 'IPv4' | 'IPv6';

/**
 * Two network namespaces and two ways between them that share nothing:
 *
 *     left1 10.77.1.1, fd77:1::1 ──── 10.77.1.2, fd77:1::2 right1
 *     left2 10.77.2.1, fd77:2::1 ──── 10.77.2.2, fd77:2::2 right2
 */
export class Namespaces {
  readonly #left = `sctp-left-${process.pid}`;
  readonly #right = `sctp-right-${process.pid}`;

  /** Needs root. Whatever fails, `remove` must be called. */
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

  /** Ends what is in them, too: the devices and the rules. */
  remove(): void {
    for (const name of [this.#left, this.#right]) {
      try {
        run('ip', 'netns', 'del', name);
      } catch {
        // it hasn't come to that one
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

  /** From now on what arrives on that side is dropped, and nobody is told. */
  drop(side: Side, way: Way): void {
    this.#rule(side, 'input', `iifname "${this.device(side, way)}" drop`);
  }

  /** From now on the kernel refuses to send that way: EPERM. */
  forbid(side: Side, way: Way): void {
    this.#rule(side, 'output', `oifname "${this.device(side, way)}" drop`);
  }

  /** Takes back what `drop`, `forbid` and `setLink` have done. */
  heal(): void {
    for (const side of ['left', 'right'] as const) {
      this.run(side, 'nft', 'table inet cut {}; delete table inet cut');
      for (const way of [1, 2] as const) this.#raise(side, way);
    }
  }

  run(side: Side, ...command: string[]): void {
    run('ip', 'netns', 'exec', this.name(side), ...command);
  }

  /** IPv6 addresses go when their link goes. */
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
