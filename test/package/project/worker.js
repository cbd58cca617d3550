import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Stack } from 'usrsctp-wasm';
import { greet } from './greet.js';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('message', (text) => console.log(text));
} else {
  parentPort.postMessage(await greet(Stack));
}
