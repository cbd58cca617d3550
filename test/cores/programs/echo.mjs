// A worker of the tests: an echo server. Each message comes back with the worker's index before it. Some messages are
// orders: `die` throws, `exit` ends the process of the worker, `later` is answered after half a second.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { coreWorker } from '../../../dist/cores.js';
import { Stack } from '../../../dist/index.js';

const { port = 5001 } = workerData;
const worker = coreWorker();
const { index } = worker.share;
if (workerData.failing === index) throw new Error(`worker ${index} fails`);
const stack = await Stack.create({ transport: worker.transport });
worker.report(stack);
worker.on('drain', () => parentPort.postMessage({ drain: index }));

const listener = stack.socket();
listener.bindx(stack.addresses.map((address) => ({ address, port })));
listener.listen();
listener.on('association', (association) => void serve(association));

// The main thread may ask this worker to connect, from a port at which it also listens if that is given.
parentPort.on('message', async ({ connect, from }) => {
  try {
    const socket = stack.socket({ style: 'one-to-many' });
    if (from !== undefined) {
      socket.bindx(stack.addresses.map((address) => ({ address, port: from })));
      socket.listen();
    }
    const association = await socket.connectx(connect);
    parentPort.postMessage({ connected: index });
    void serve(association);
  } catch (error) {
    parentPort.postMessage({ failed: index, code: error.code });
  }
});
parentPort.unref();

async function serve(association) {
  let restarts = 0;
  association.on('restart', () => restarts++);
  try {
    for await (const { data } of association) {
      const text = new TextDecoder().decode(data);
      if (text === 'die')
        setImmediate(() => {
          throw new Error('ordered to die');
        });
      if (text === 'exit') process.exit(7);
      if (text === 'later') await sleep(500);
      await association.send(`${index}/${restarts} ${text}`);
    }
  } catch {
    // the association was aborted
  }
}
