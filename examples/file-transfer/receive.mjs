// Receives files into a folder, and shows their progress: node examples/file-transfer/receive.mjs FOLDER [SCTP port] [UDP port]
import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';
import { Progress } from './progress.mjs';

const [folder = '.', port = '5001', udpPort = '9899'] = process.argv.slice(2);
const stack = await Stack.create({ transport: udp({ port: Number(udpPort) }), preset: 'fast-failover' });
const socket = stack.socket();
socket.bindx([{ address: '::', port: Number(port) }]);
console.log(`listening on SCTP port ${port}, UDP port ${udpPort}`);

for await (const association of socket.listen()) {
  receive(association).catch((error) => console.error(`not received: ${error.message}`));
}

async function receive(association) {
  const first = await association.receive();
  if (first === undefined) return;
  const { name, size } = JSON.parse(new TextDecoder().decode(first.data));
  const target = join(folder, basename(name)); // never outside of the folder, whatever the sender says
  const part = `${target}.part`;
  const file = await open(part, 'w');
  const hash = createHash('sha256');
  const progress = new Progress(size);
  try {
    while (progress.bytes < size) {
      const message = await association.receive({ timeoutMs: 60_000 });
      if (message === undefined) throw new Error(`the sender has stopped at ${progress}`);
      hash.update(message.data);
      await file.write(message.data);
      progress.add(message.data.length);
    }
    await file.close();
    await rename(part, target);
  } catch (error) {
    await file.close();
    await rm(part, { force: true });
    throw error;
  }
  await association.send(hash.digest('hex'));
  console.log(`received ${target}: ${progress}`);
}
