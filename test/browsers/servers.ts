import { createHash, randomFillSync } from 'node:crypto';
import { type DataChannel, DataChannels, dataChannelSocket } from '../../src/datachannel.js';
import { type Association, type SctpError, Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { freePort, native } from '../support/native.js';
import { closeLater, serve, startRelay, type TestRelay } from '../support/relays.js';
import type { Relayed, Transfer, TransferResult } from './task.js';

/** A server for the page's transfer, and two relays in between. */
export interface Served extends Pick<Transfer, 'server' | 'udpPort' | 'steers' | 'window'> {
  readonly relays: readonly TestRelay[];
  /** Resolves when the transfer is complete, with the SHA-256 of what the server has sent and received, in hex. */
  received(result: TransferResult): Promise<{ readonly sent: string; readonly received: string }>;
  close(): Promise<void>;
}

export interface ServerKind {
  readonly title: string;
  start(messages: number, messageBytes: number): Promise<Served>;
}

const LIMITS = { bytesPerSecond: 1e8, totalBytesPerSecond: 1e9 };

/** A stack in this process, which sends random messages and receives as many. */
export const nodeServer: ServerKind = {
  title: 'a Node server',
  async start(messages, messageBytes) {
    const relays = [await startRelay('127.0.1.11', options()), await startRelay('127.0.2.11', options())];
    const { listener, endpoints, udpPort } = await serve(['127.0.1.1', '127.0.2.1']);
    const done = listener.accept().then(async (association) => {
      const [sent, received] = await Promise.all([send(association, messages, messageBytes), receive(association)]);
      return { sent, received };
    });
    done.catch(() => {}); // Reported to those who await it.
    return { relays, server: [...endpoints], udpPort, steers: false, received: () => done, close: async () => {} };
  },
};

/**
 * Debian's echo_server. It sends to one UDP port for all peers, and listens on the machine's addresses only. It blocks
 * while its send buffer is full, so the client limits the messages in flight. It has the slow timers of RFC 4960, so the
 * client tells it which address to use.
 */
export const nativeServer: ServerKind = {
  title: 'a native usrsctp server',
  async start() {
    const [theirs, ours] = [await freePort(), await freePort()];
    const server = await native('echo_server', [theirs, ours], theirs);
    const relays = [await startRelay('127.0.0.1', options(ours)), await startRelay('127.0.0.11', options(ours))];
    return {
      relays,
      server: [{ address: '127.0.0.1', port: 7 }],
      udpPort: theirs,
      window: 4,
      steers: true,
      received: async ({ sent }) => ({ sent, received: sent }),
      close: () => server.kill(),
    };
  },
};

/** A server that returns each client's message, and records what happens to its associations. */
export async function recordingServer(): Promise<Relayed & { readonly events: readonly string[] }> {
  const relays = [await startRelay('127.0.1.11', options()), await startRelay('127.0.2.11', options())];
  const { listener, endpoints, udpPort } = await serve(['127.0.1.1', '127.0.2.1']);
  const events: string[] = [];
  const answer = async (association: Association) => {
    for await (const { data } of association) {
      events.push(new TextDecoder().decode(data));
      await association.send(data);
    }
    events.push('closed');
  };
  listener.on('association', (association) => {
    answer(association).catch((error: SctpError) => events.push(error.code));
  });
  return { relays: relays.map(({ url }) => url), server: [...endpoints], udpPort, events };
}

/** A server that returns what comes on data channels, and the two relays to it. */
export async function channelServer(): Promise<Omit<Relayed, 'relays'> & { readonly relays: readonly TestRelay[] }> {
  const relays = [await startRelay('127.0.1.11', options()), await startRelay('127.0.2.11', options())];
  const addresses = ['127.0.1.1', '127.0.2.1'];
  const transport = udp({ addresses, port: 0 });
  const stack = closeLater(await Stack.create({ transport, preset: 'fast-failover' }));
  const server = addresses.map((address) => ({ address, port: 5001 }));
  const listener = dataChannelSocket(stack);
  listener.bindx(server);
  listener.listen();
  const echo = async (channel: DataChannel) => {
    for await (const message of channel) await channel.send(message);
  };
  listener.on('association', async (association) => {
    for await (const channel of new DataChannels(association, { role: 'server' })) void echo(channel);
  });
  return { relays, server, udpPort: transport.port };
}

/** Relays that accept pages of any origin. */
function options(port?: number) {
  return { origins: ['*'], limits: LIMITS, ...(port !== undefined && { ports: [port, port] as const }) };
}

async function send(association: Association, messages: number, messageBytes: number): Promise<string> {
  const hash = createHash('sha256');
  for (let count = 0; count < messages; count++) {
    const message = randomFillSync(Buffer.alloc(messageBytes));
    hash.update(message);
    await association.send(message);
  }
  return hash.digest('hex');
}

/** Runs until the client shuts the association down. */
async function receive(association: Association): Promise<string> {
  const hash = createHash('sha256');
  for await (const { data } of association) hash.update(data);
  return hash.digest('hex');
}
