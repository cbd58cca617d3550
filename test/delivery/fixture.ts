import type { Association } from '../../src/index.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import { channelFrom, FragmentingPeer, type PeerOptions } from '../support/fragmenting-peer.js';
import { listening, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

/** What the application received from an association. */
export interface Seen {
  readonly association: Association;
  /** Each message, or its length if it is long; then 'end' or the code of the error. */
  readonly received: string[];
  readonly events: string[];
}

/** Records the events of an association and, unless `isReading` is false, its messages until the end. */
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

/** Runs `body` with a server and, for each of `peers`, an association with a peer whose packets the test writes. */
export function withPeers(
  options: SocketOptions,
  peers: readonly PeerOptions[],
  body: (stacks: TwoStacks, peers: FragmentingPeer[], associations: Association[]) => Promise<void>,
): Promise<void> {
  return withTwoStacks(async (stacks) => {
    const listener = listening(stacks, options);
    if (peers.some(({ interleaved }) => interleaved)) listener.setOption('interleaving', true);
    const connected: FragmentingPeer[] = [];
    const associations: Association[] = [];
    for (const [index, peer] of peers.entries()) {
      const host = stacks.network.host(`peer ${index}`, [`10.0.1.${10 + index}`]);
      const each = new FragmentingPeer(await channelFrom(stacks.network, host, '10.0.1.2'), peer);
      await each.connect();
      connected.push(each);
      associations.push(await listener.accept());
    }
    await body(stacks, connected, associations);
  });
}
