import {
  type DataChannel,
  type DataChannelSocketOptions,
  DataChannels,
  type DataChannelsOptions,
  dataChannelSocket,
} from '../../src/datachannel.js';
import { SERVER, type TwoStacks, type TwoStacksOptions, withTwoStacks } from '../support/two-stacks.js';

export interface ChannelPair extends TwoStacks {
  /** The end that has connected; its channels have even ids. */
  readonly a: DataChannels;
  readonly b: DataChannels;
}

export interface ChannelPairOptions extends TwoStacksOptions {
  readonly socket?: DataChannelSocketOptions;
  readonly channels?: Omit<DataChannelsOptions, 'role'>;
}

/** Runs a test with the data channels of an association between two hosts with two paths, in virtual time. */
export function withChannels<T>(body: (pair: ChannelPair) => Promise<T>, options: ChannelPairOptions = {}): Promise<T> {
  const { socket, channels, ...rest } = options;
  return withTwoStacks(async (stacks) => {
    const listener = dataChannelSocket(stacks.server, socket);
    listener.bindx(SERVER);
    listener.listen();
    const [client, server] = await Promise.all([
      dataChannelSocket(stacks.client, socket).connectx(SERVER),
      listener.accept(),
    ]);
    const a = new DataChannels(client, { role: 'client', ...channels });
    const b = new DataChannels(server, { role: 'server', ...channels });
    const result = await body({ ...stacks, a, b });
    await Promise.all([a.association, b.association].map((association) => association.abort()));
    await Promise.all([stacks.client.close(), stacks.server.close()]);
    return result;
  }, rest);
}

/** Waits for the next event of a name. */
export function eventOf<E extends Event>(target: EventTarget, name: string): Promise<E> {
  return new Promise((resolve) => target.addEventListener(name, (event) => resolve(event as E), { once: true }));
}

/** Records the names of the events of a channel. */
export function recordEvents(target: EventTarget): string[] {
  const names: string[] = [];
  for (const name of ['open', 'closing', 'error', 'close', 'bufferedamountlow']) {
    target.addEventListener(name, () => names.push(name));
  }
  return names;
}

/** The next channel that the peer opens; there must be one. */
export async function accepted(channels: DataChannels): Promise<DataChannel> {
  const channel = await channels.accept();
  if (!channel) throw new Error('no channel came');
  return channel;
}
