import type * as captureEntry from '../../src/capture.js';
import type { Stack } from '../../src/index.js';
import type { Simulated } from './golden.js';

/** A capture of one of two stacks that exchange messages, as a file that was written piece by piece, and what its reader finds in it. */
export async function captured(
  { Network }: Simulated,
  { create }: Pick<typeof Stack, 'create'>,
  { capture, PcapngWriter, readCapture, ladderOf, decodePacket }: typeof captureEntry,
): Promise<{ file: Uint8Array; ladder: string[]; chunks: string[] }> {
  const network = new Network({ seed: 'captured' });
  const { clock } = network;
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter({ write: (bytes) => void pieces.push(bytes) });
  const [here, there] = [network.host('client', ['10.0.1.1']), network.host('server', ['10.0.1.2'])];
  const talk = async () => {
    const transport = capture(here.transport, writer, { name: 'client', clock });
    const creating = [
      create({ transport, random: here.random, clock }),
      create({ transport: there.transport, random: there.random, clock }),
    ];
    const [client, server] = await network.standStill(Promise.all(creating));
    if (client === undefined || server === undefined) throw new Error('two stacks were asked for');
    const peers = [{ address: '10.0.1.2', port: 5001 }];
    const listener = server.socket();
    listener.bindx(peers);
    listener.listen();
    const [association, accepted] = await Promise.all([client.socket().connectx(peers), listener.accept()]);
    for (let number = 1; number <= 10; number++) {
      await Promise.all([association.send(new Uint8Array(number * 400)), accepted.receive()]);
    }
    await Promise.all([association.close(), accepted.closed]);
    await Promise.all([client.close(), server.close()]);
  };
  await network.runUntil(talk());
  const file = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const packets = [...readCapture(file)];
  const ladder = ladderOf(packets, { names: { '10.0.1.1': 'client', '10.0.1.2': 'server' } });
  const chunks = packets.flatMap(({ bytes }) => decodePacket(bytes)?.chunks.map(({ type }) => String(type)) ?? []);
  return { file, ladder, chunks: [...new Set(chunks)] };
}
