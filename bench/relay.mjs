// A relay on loopback: node bench/relay.mjs PORT [LIMITS], with limits as JSON; without them there are none. With
// BENCH_RELAY=native in the environment it passes many datagrams to the system at once.
import { createServer } from 'node:http';
import { relayServer } from 'usrsctp-wasm/relay/server';
import { AUDIENCE, KEY } from './implementations/relay.mjs';

const UNLIMITED = 2 ** 40;
const [port, limits = JSON.stringify({ bytesPerSecond: UNLIMITED, totalBytesPerSecond: UNLIMITED })] =
  process.argv.slice(2);
const server = createServer();
await relayServer({
  server,
  addresses: ['127.0.0.1'],
  audience: AUDIENCE,
  keys: [KEY],
  allow: ['127.0.0.0/8:*'],
  special: ['127.0.0.0/8'],
  limits: JSON.parse(limits),
  native: process.env.BENCH_RELAY === 'native',
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
