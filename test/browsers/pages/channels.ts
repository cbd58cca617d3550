import { Stack } from 'usrsctp-wasm';
import { type DataChannel, DataChannels, dataChannelSocket } from 'usrsctp-wasm/datachannel';
import { relay } from 'usrsctp-wasm/relay';
import type { Channels, ChannelsResult } from '../task.js';

/** Sends messages on several data channels through relays, and receives their echoes; `half`: half of them have arrived. */
export async function channels(task: Channels, half: () => Promise<void>): Promise<ChannelsResult> {
  const ticket = async () => (await fetch('/ticket')).text();
  const transport = relay({ relays: task.relays.map((url) => ({ url, ticket })), encapsulationPort: task.udpPort });
  const stack = await Stack.create({ transport, preset: 'fast-failover' });
  const association = await dataChannelSocket(stack).connectx(task.server, { timeoutMs: 40_000 });
  const open = new DataChannels(association, { role: 'client' });
  let echoes = 0;
  const counted = async () => {
    if (++echoes === (task.channels * task.messages) >> 1) await half();
  };
  const wrong = await Promise.all(
    Array.from({ length: task.channels }, (_, number) => exchange(open, `channel ${number}`, task, counted)),
  );
  await open.close({ timeoutMs: 40_000 });
  const relays = transport.relays.map(({ state }) => state);
  await stack.close();
  return { wrong: wrong.flat(), echoes, relays };
}

async function exchange(open: DataChannels, label: string, task: Channels, counted: () => Promise<void>) {
  const channel = open.createDataChannel(label);
  await channel.opened;
  const sending = send(channel, task);
  const wrong: string[] = [];
  for (let count = 0; count < task.messages; count++) {
    const echo = await channel.receive({ timeoutMs: 40_000 });
    if (echo !== text(channel.label, count, task)) wrong.push(`${label}: ${count}`);
    await counted();
  }
  await sending;
  await channel.close();
  return wrong;
}

async function send(channel: DataChannel, task: Channels): Promise<void> {
  for (let count = 0; count < task.messages; count++) await channel.send(text(channel.label, count, task));
}

function text(label: string, count: number, { messageBytes }: Channels): string {
  return `${label}: ${count} `.padEnd(messageBytes, String(count % 10));
}
