import type { Association } from '../../src/index.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import { channelFrom, FragmentingPeer, type PeerOptions } from '../support/fragmenting-peer.js';
import { listening, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

/** What an application has seen of an association. */
export interface Seen {
  readonly association: Association;
  /** Each message by its length and first byte, then the end, or the code of the error. */
  readonly received: string[];
  readonly events: string[];
}

/** Receives until the end, and writes everything down. */
export function watch(association: Association, isReading = true): Seen {
  const seen: Seen = { association, received: [], events: [] };
  association.on('partialDeliveryAborted', ({ stream, ssn, unordered }) => {
    seen.events.push(`aborted ${stream}${unordered ? ' unordered' : `/${ssn}`}`);
  });
  association.on('restart', () => seen.events.push('restart'));
  if (isReading) void read(seen);
  return seen;
}

export async function read({ association, received }: Seen): Promise<void> {
  try {
    for await (const { data } of association) received.push(data.length > 20 ? `${data.length} bytes` : text(data));
    received.push('end');
  } catch (error) {
    received.push(String((error as { code?: string }).code));
  }
}

const text = (data: Uint8Array) => new TextDecoder().decode(data);

/** A server with one-to-one or one-to-many sockets, and a peer whose packets the test writes for each of `peers`. */
export function withPeers(
  options: SocketOptions,
  peers: readonly PeerOptions[],
  body: (stacks: TwoStacks, peers: FragmentingPeer[], associations: Association[]) => Promise<void>,
): Promise<void> {
  return withTwoStacks(async (stacks) => {
    const listener = listening(stacks, options);
    if (peers.some(({ interleaved }) => interleaved)) listener.setOption('interleaving', true);
    const written: FragmentingPeer[] = [];
    const associations: Association[] = [];
    for (const [index, peer] of peers.entries()) {
      const host = stacks.network.host(`peer ${index}`, [`10.0.1.${10 + index}`]);
      const each = new FragmentingPeer(await channelFrom(stacks.network, host, '10.0.1.2'), peer);
      await each.connect();
      written.push(each);
      associations.push(await listener.accept());
    }
    await body(stacks, written, associations);
  });
}
