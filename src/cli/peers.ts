import { quoted } from '../arguments.js';
import type { Peer } from '../index.js';
import { UsageError } from './exit.js';
import { portNumber } from './values.js';

const BRACKETED = /^\[([^\]]+)\](?::(\d+))?$/;
const WITH_PORT = /^([^:]+):(\d+)$/;

/**
 * The peers that the arguments of a command name: addresses or host names, each alone or with the SCTP port, such as
 * `192.0.2.1`, `[2001:db8::1]:5001` or `host.example:5001`. `port` is the port of those without one; all must have the same.
 */
export function peersOf(texts: readonly string[], port: number): Peer[] {
  if (texts.length === 0) throw new UsageError('give at least one address of the peer, such as 192.0.2.1');
  const split = texts.map((text) => {
    const [, address = text, own] = BRACKETED.exec(text) ?? WITH_PORT.exec(text) ?? [];
    if (address === '' || /[\s[\]]/.test(address)) throw new UsageError(`${quoted(text)} is not an address`);
    return { address, port: own === undefined ? undefined : portNumber(`the port of ${text}`, own) };
  });
  const ports = new Set(split.flatMap((each) => each.port ?? []));
  if (ports.size > 1)
    throw new UsageError(`the addresses of a peer have one SCTP port, not ${[...ports].join(' and ')}`);
  const [common = port] = ports;
  return split.map(({ address }) => ({ address, port: common }));
}
