// A worker that listens and is busy for 30 ms whenever a peer has shut an association down: once the SHUTDOWN ACK has left.
import { coreWorker } from '../../../dist/cores.js';
import { Stack } from '../../../dist/index.js';

const BUSY_MS = 30;
const stack = await Stack.create({ transport: coreWorker().transport });
const listener = stack.socket();
listener.bindx(stack.addresses.map((address) => ({ address, port: 5001 })));
listener.listen();
listener.on('association', async (association) => {
  await association.receive(); // `undefined`, when the peer has shut it down
  setImmediate(() => setImmediate(beBusy));
});

function beBusy() {
  for (const endMs = performance.now() + BUSY_MS; performance.now() < endMs; );
}
