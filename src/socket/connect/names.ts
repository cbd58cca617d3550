import { type Address, type AddressFamily, CONN, canonicalAddress, familyOf } from '../../address.js';
import { SctpError } from '../../errors.js';
import { isHostName, type Lookup, type LookupAddress } from '../../host-name.js';
import { checkPort } from '../port.js';
import type { Peer } from './peers.js';

const FAMILIES = { any: 0, IPv4: 4, IPv6: 6, conn: 0 } as const;

/** What a lookup of peers needs. */
export interface PeerLookup {
  /** Undefined if neither the program nor the transport has one. */
  readonly lookup: Lookup | undefined;
  readonly family: AddressFamily | 'any';
  readonly syscall: string;
}

/** Whether a list of peers, which isn't checked yet, has host names. */
export function hasHostName(list: unknown): list is readonly Peer[] {
  return Array.isArray(list) && list.some(isNamed);
}

/** The error when host names weren't looked up in time. */
export function lookupTimeout(list: readonly Peer[], timeoutMs: number | undefined, syscall: string): SctpError {
  const names = list.filter(isNamed).map(({ address }) => address);
  const what = `${syscall}: not looked up within ${timeoutMs} ms: ${names.join(', ')}`;
  return new SctpError('ETIMEDOUT', what, { syscall, ...(names[0] === undefined ? {} : { address: names[0] }) });
}

/**
 * Replaces each host name in a list of peers by its addresses, in the resolver's order. A name without addresses is left out if
 * other peers remain. Rejects with EINVAL if nothing can look names up, and with EHOSTUNREACH if no peer remains.
 */
export async function lookUpPeers(list: readonly Peer[], asked: PeerLookup): Promise<Peer[]> {
  for (const peer of list.filter(isNamed)) checkPort(peer.port, 1, asked.syscall);
  const results = await Promise.allSettled(list.map((peer) => (isNamed(peer) ? lookUpPeer(peer, asked) : [peer])));
  const peers = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (peers.length === 0 && failed !== undefined) throw failed.reason;
  return peers;
}

function isNamed(peer: unknown): peer is Peer {
  const { address } = (peer ?? {}) as Partial<Peer>;
  return typeof address === 'string' && address !== CONN && isHostName(address);
}

async function lookUpPeer(peer: Peer, { lookup, family, syscall }: PeerLookup): Promise<Peer[]> {
  const { address: name, port } = peer;
  const fail = (code: 'EINVAL' | 'EHOSTUNREACH', what: string, cause?: unknown) =>
    new SctpError(code, `${syscall}: ${what}`, { syscall, address: name, port, ...(cause ? { cause } : {}) });
  if (lookup === undefined) {
    throw fail(
      'EINVAL',
      `'${name}' is not an IP address, and this transport can't look host names up: pass \`lookup\``,
    );
  }
  const found = await addressesOf(name, lookup, family).catch((error: unknown) => {
    throw fail('EHOSTUNREACH', `the host name '${name}' can't be looked up (${codeOf(error)})`, error);
  });
  const addresses = found.map((text) => canonicalAddress(text, syscall));
  const usable = addresses.filter((address) => family === 'any' || familyOf(address) === family);
  const kind = family === 'any' ? '' : `${family} `;
  if (usable.length === 0) throw fail('EHOSTUNREACH', `the host name '${name}' has no ${kind}address`);
  return usable.map((address) => ({ ...peer, address }));
}

/** Addresses with a zone are left out: the zone is one of this host, and the peer's list has none. */
async function addressesOf(name: string, lookup: Lookup, family: AddressFamily | 'any'): Promise<Address[]> {
  const found = await new Promise<string | readonly LookupAddress[]>((resolve, reject) => {
    lookup(name, { all: true, family: FAMILIES[family] }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses);
    });
  });
  const texts = typeof found === 'string' ? [found] : found.map(({ address }) => address);
  return texts.filter((text) => !text.includes('%'));
}

/** The code in a resolver's error, such as ENOTFOUND, or else its message. */
function codeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return String(code ?? message ?? error);
}
