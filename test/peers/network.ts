import { execFileSync } from 'node:child_process';

/** Each path has its own tap device here and its own NIC in the guest. */
export type Path = 1 | 2;

/** Our addresses; those of the guest end with 2. */
export const HERE = ['10.201.1.1', '10.201.2.1'] as const;
export const GUEST = ['10.201.1.2', '10.201.2.2'] as const;

/** Addresses of the loopback interface. */
export const HERE_IPV6 = ['fd00:201::1', 'fd00:201::2'] as const;

export function device(path: Path): string {
  return `tap${path}`;
}

/** Makes the devices in the network namespace of this process. Needs root. */
export function createNetwork(): void {
  run('ip', 'link', 'set', 'lo', 'up');
  for (const address of HERE_IPV6) run('ip', 'address', 'add', `${address}/128`, 'dev', 'lo', 'nodad');
  for (const path of [1, 2] as const) {
    run('ip', 'tuntap', 'add', 'dev', device(path), 'mode', 'tap');
    run('ip', 'addr', 'add', `${HERE[path - 1]}/24`, 'dev', device(path));
    run('ip', 'link', 'set', device(path), 'up');
  }
}

/**
 * Silently drops UDP and SCTP on this path from now on, in the given directions. The guest's shell, which uses TCP, can
 * still be reached.
 */
export function cut(path: Path, ...directions: ('in' | 'out')[]): void {
  for (const direction of directions.length > 0 ? directions : (['in', 'out'] as const)) {
    const hook = direction === 'in' ? 'ingress' : 'egress';
    const chain = `${direction}${path} { type filter hook ${hook} device ${device(path)} priority 0; ip protocol { udp, sctp } drop; }`;
    run('nft', `table netdev cut { chain ${chain}; }`);
  }
}

/** Reverts `cut`. */
export function heal(): void {
  run('nft', 'table netdev cut {}; delete table netdev cut');
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe', timeout: 40_000 });
}
