// A server in several workers: node ordered-server.mjs '{ steering, workers, addresses, port }'. Orders come on standard input, one a line:
// `kill N` ends a worker; `statistics` prints those of all workers, as JSON.
import { createInterface } from 'node:readline';
import { Cores } from '../../../dist/cores.js';

const { steering, workers, addresses, port } = JSON.parse(process.argv[2]);
const file = new URL('echo.mjs', import.meta.url);
const cores = await Cores.start(file, { workers, steering, udp: { addresses, port } });
cores.on('exit', ({ index }) => console.log(`worker ${index} has ended`));
cores.on('listening', ({ index }) => console.log(`worker ${index} listens`));
console.log(`steering: ${cores.steering}, port: ${cores.port}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [order, number] = line.split(' ');
  if (order === 'kill') await cores.workers[Number(number)].worker.terminate();
  if (order === 'statistics') console.log(JSON.stringify(await cores.statistics()));
}
await cores.close();
