// Terminates workers whose stacks answer messages; started by test/transport/termination.test.ts. Without arguments it is
// the main thread; each worker is this file again.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const WORKERS = 12;
const ADDRESS = '127.0.0.1';
const TRAFFIC_MS = 300;

async function start(options) {
  const transport = udp({ addresses: [ADDRESS], port: 0, ...options });
  return { transport, stack: await Stack.create({ transport }) };
}

async function echo(association) {
  for await (const { data } of association) association.send(data).catch(() => {});
}

async function worker() {
  const { transport, stack } = await start({ mtu: 1500 }); // many datagrams, so that one is always there
  const socket = stack.socket({ style: 'one-to-many' });
  socket.bindx([{ address: ADDRESS, port: 5001 }]);
  const associations = socket.listen();
  parentPort.postMessage(transport.port);
  for await (const association of associations) echo(association).catch(() => {});
}

async function talk(stack, encapsulationPort, state) {
  const association = await stack.socket().connectx([{ address: ADDRESS, port: 5001, encapsulationPort }]);
  const receive = async () => {
    for await (const _ of association);
  };
  const send = async () => {
    while (state.goesOn) await association.send(new Uint8Array(1000));
  };
  receive().catch(() => {});
  send().catch(() => {});
}

async function main() {
  const { stack } = await start();
  for (let count = 0; count < WORKERS; count++) {
    const each = new Worker(new URL(import.meta.url));
    const [port] = await once(each, 'message');
    const state = { goesOn: true };
    await Promise.all(Array.from({ length: 4 }, () => talk(stack, port, state)));
    await new Promise((resolve) => setTimeout(resolve, TRAFFIC_MS));
    await each.terminate();
    state.goesOn = false;
  }
  console.log(`${WORKERS} workers terminated`);
  process.exit(0);
}

await (isMainThread ? main() : worker());
