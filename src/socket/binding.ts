import { type AddressFamily, canonicalAddress, type Endpoint, familyOf } from '../address.js';
import { SctpError } from '../errors.js';
import { SCTP_BINDX_ADD_ADDR } from '../generated/constants.js';
import type { Descriptor } from './descriptor.js';
import { checkPort } from './peers.js';

const WILDCARDS = ['::', '0.0.0.0'];

/** Binds a socket to endpoints with one port; returns them with the port it has got. */
export function bind(
  descriptor: Descriptor,
  list: readonly Endpoint[],
  family: AddressFamily | 'any',
): readonly Endpoint[] {
  const endpoints = checkEndpoints(list, family);
  const [first, ...others] = endpoints;
  if (!first) throw new SctpError('EINVAL', 'bindx: give at least one address', { syscall: 'bindx' });
  const details = { address: first.address, port: first.port };
  if (WILDCARDS.includes(first.address)) {
    const any = { address: family === 'IPv4' ? '0.0.0.0' : '::', port: first.port };
    descriptor.call('bind', (calls, handle) => calls.bind(handle, any), details);
    return [{ ...first, port: portOf(descriptor) }];
  }
  descriptor.call('bindx', (calls, handle) => calls.bindx(handle, [first], SCTP_BINDX_ADD_ADDR), details);
  const port = portOf(descriptor);
  const rest = others.map(({ address }) => ({ address, port }));
  for (const endpoint of rest) {
    descriptor.call('bindx', (calls, handle) => calls.bindx(handle, [endpoint], SCTP_BINDX_ADD_ADDR), endpoint);
  }
  return [{ address: first.address, port }, ...rest];
}

/** The addresses that a bound socket has. */
export function localEndpoints(descriptor: Descriptor): Endpoint[] {
  return descriptor.endpoints('getladdrs', (calls, handle) => calls.getladdrs(handle, 0));
}

export function portOf(descriptor: Descriptor): number {
  return localEndpoints(descriptor)[0]?.port ?? 0;
}

function checkEndpoints(list: unknown, family: AddressFamily | 'any'): Endpoint[] {
  if (!Array.isArray(list)) throw new TypeError('bindx: the endpoints must be an array of { address, port }');
  const endpoints = (list as unknown[]).map((item) => {
    if (typeof item !== 'object' || item === null) {
      throw new TypeError(`bindx: an endpoint is { address, port }, not ${String(item)}`);
    }
    const { address, port } = item as Partial<Endpoint>;
    return { address: canonicalAddress(address, 'bindx'), port: checkPort(port, 0, 'bindx') };
  });
  const ports = new Set(endpoints.map(({ port }) => port));
  if (ports.size > 1) {
    throw new SctpError('EINVAL', `bindx: all addresses have one port, not ${[...ports].join(' and ')}`, {
      syscall: 'bindx',
    });
  }
  for (const endpoint of endpoints) checkFamily(endpoint, family);
  return endpoints;
}

function checkFamily({ address, port }: Endpoint, family: AddressFamily | 'any'): void {
  if (family === 'any' || familyOf(address) === family) return;
  throw new SctpError('EAFNOSUPPORT', `bindx: ${address} can't be used with a socket for ${family} only`, {
    syscall: 'bindx',
    address,
    port,
  });
}
