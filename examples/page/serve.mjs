// Serves the live page, with two relays and a server that echoes messages, all on this machine.
//   ./build.sh page [--port PORT]        then open the address that it prints
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { Stack } from 'usrsctp-wasm';
import { relayServer, signTicket } from 'usrsctp-wasm/relay/server';
import { udp } from 'usrsctp-wasm/udp';
import { site } from './site.mjs';

const SCTP_PORT = 5001;
const AUDIENCE = 'live-page';
const key = { kty: 'oct', k: randomBytes(32).toString('base64url') };

const { values } = parseArgs({ options: { port: { type: 'string', default: '8088' } } });
const addresses = loopbackAddresses();
const transport = udp({ addresses, port: 0 });
const stack = await Stack.create({ transport, preset: 'fast-failover' });
void echo(stack);

const http = createServer();
http.listen(Number(values.port), '127.0.0.1');
http.once('error', ({ message }) => fail(`${message}: choose another port with --port`));
await once(http, 'listening');
const origin = `http://127.0.0.1:${http.address().port}`;
const relays = await Promise.all(addresses.map((address) => startRelay(address, origin)));
const server = { addresses: stack.addresses, port: SCTP_PORT, udpPort: transport.port };
http.on(
  'request',
  await site({ ticket, setup: { relays: relays.map(({ port }) => `ws://127.0.0.1:${port}/relay`), server } }),
);
console.log(`open ${origin}/   (Ctrl-C stops it)`);

/** IPv4 and IPv6, or two of IPv4 on a machine without IPv6. */
function loopbackAddresses() {
  const known = Object.values(networkInterfaces()).flat();
  return ['127.0.0.1', known.some(({ address }) => address === '::1') ? '::1' : '127.0.0.2'];
}

/** Starts a relay with one address for its clients. */
async function startRelay(address, origin) {
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const everywhere = ['0.0.0.0/0:*', '[::/0]:*'];
  const special = ['127.0.0.0/8', '::1/128'];
  const limits = { bytesPerSecond: 1e8, totalBytesPerSecond: 1e8 };
  const options = { addresses: [address], audience: AUDIENCE, keys: [key], origins: [origin] };
  await relayServer({ server: http, ...options, allow: everywhere, special, limits });
  return { port: http.address().port };
}

/** A ticket for the page, which is valid for a minute and for our server only. */
function ticket() {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const destinations = addresses.map(
    (address) => `${address.includes(':') ? `[${address}]` : address}:${transport.port}`,
  );
  return signTicket({ sub: 'page', aud: AUDIENCE, exp, destinations }, key);
}

async function echo(stack) {
  const listener = stack.socket();
  listener.bindx(addresses.map((address) => ({ address, port: SCTP_PORT })));
  for await (const association of listener.listen()) {
    answer(association).catch(({ message }) => console.log(message));
  }
}

async function answer(association) {
  for await (const { data, stream } of association) await association.send(data, { stream });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
