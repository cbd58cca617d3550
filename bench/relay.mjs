// A relay on loopback without limits: node bench/relay.mjs PORT
import { createServer } from 'node:http';
import { relayServer } from 'usrsctp-wasm/relay/server';
import { AUDIENCE, KEY } from './implementations/relay.mjs';

const UNLIMITED = 2 ** 40;
const server = createServer();
await relayServer({
  server,
  addresses: ['127.0.0.1'],
  audience: AUDIENCE,
  keys: [KEY],
  allow: ['127.0.0.0/8:*'],
  special: ['127.0.0.0/8'],
  limits: { bytesPerSecond: UNLIMITED, totalBytesPerSecond: UNLIMITED },
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
