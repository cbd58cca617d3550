import { type Address, type AddressFamily, type Endpoint, familyOf } from '../../address.js';
import { SctpError } from '../../errors.js';
import type { Interfaces } from '../../stack/interfaces.js';
import { checkEndpoints } from '../binding.js';
import type { ConnectOptions, LocalAddress } from './options.js';

const WILDCARD_FAMILY: Readonly<Record<Address, AddressFamily>> = { '0.0.0.0': 'IPv4' };

/** The local addresses that the options of connectx name, by address or by interface; undefined if they name none. */
export function namedLocals(
  { local, interface: name }: Pick<ConnectOptions, 'local' | 'interface'>,
  interfaces: Interfaces,
  family: AddressFamily | 'any',
  syscall: string,
): Endpoint[] | undefined {
  const given = local && checkLocals(local, family, syscall);
  if (name === undefined) return given;
  const own = interfaces.named(name)?.filter((address) => family === 'any' || familyOf(address) === family);
  if (!own) {
    throw new SctpError('EOPNOTSUPP', `${syscall}: this transport doesn't know interfaces: use local`, { syscall });
  }
  const port = given?.[0]?.port ?? 0;
  const endpoints = own.filter((address) => !given || isAmong(address, given)).map((address) => ({ address, port }));
  if (endpoints.length > 0) return endpoints;
  const which = given ? 'has none of these addresses' : 'has no address that fits';
  throw new SctpError('EADDRNOTAVAIL', `${syscall}: the interface ${name} ${which}`, { syscall });
}

/** Checks local addresses that a caller gave. */
export function checkLocals(list: readonly LocalAddress[], family: AddressFamily | 'any', syscall: string): Endpoint[] {
  return checkEndpoints(Array.isArray(list) ? list.map(withPort) : list, family, syscall);
}

function withPort(local: LocalAddress): LocalAddress {
  return typeof local === 'object' && local !== null ? { ...local, port: local.port ?? 0 } : local;
}

function isAmong(address: Address, given: readonly Endpoint[]): boolean {
  return given.some((each) => {
    if (each.address === '::') return true;
    return each.address === address || WILDCARD_FAMILY[each.address] === familyOf(address);
  });
}
