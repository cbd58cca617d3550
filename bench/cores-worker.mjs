// A worker of bench/cores.mjs: an echo server.
import { coreWorker } from '../dist/cores.js';
import { Stack } from '../dist/index.js';

const worker = coreWorker();
const stack = await Stack.create({ transport: worker.transport });
worker.report(stack);
const listener = stack.socket();
listener.bindx(stack.addresses.map((address) => ({ address, port: 5001 })));
listener.listen();
listener.on('association', async (association) => {
  try {
    for await (const { data } of association) await association.send(data);
  } catch {
    // the client has ended
  }
});
