// Sends a file, and shows its progress: node examples/file-transfer/send.mjs FILE ADDRESS… [--port N] [--udp-port N]
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';
import { Progress } from './progress.mjs';

const CHUNK_BYTES = 64 * 1024;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '5001' }, 'udp-port': { type: 'string', default: '9899' } },
});
const [file, ...addresses] = positionals;
const peers = addresses.map((address) => ({
  address,
  port: Number(values.port),
  encapsulationPort: Number(values['udp-port']),
}));

const { size } = await stat(file);
const stack = await Stack.create({ transport: udp({ port: 0 }), preset: 'fast-failover' });
try {
  const association = await stack.socket().connectx(peers, { timeoutMs: 10_000 });
  await association.send(JSON.stringify({ name: basename(file), size }));
  const hash = createHash('sha256');
  const progress = new Progress(size);
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk);
    await association.send(chunk); // waits while the receiver or the network is slower than the disk
    progress.add(chunk.length);
  }
  const answer = await association.receive();
  if (answer === undefined) throw new Error('the receiver has closed the association');
  if (new TextDecoder().decode(answer.data) !== hash.digest('hex')) throw new Error('the file has arrived damaged');
  console.log(`sent ${file}: ${progress}`);
  await association.close();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stack.close();
}
