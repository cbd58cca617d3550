// Serves the page, with a relay and an echo server on this machine: node examples/browser/serve.mjs [HTTP port]
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Stack } from 'usrsctp-wasm';
import { relayServer, signTicket } from 'usrsctp-wasm/relay/server';
import { udp } from 'usrsctp-wasm/udp';

const AUDIENCE = 'example';
const key = { kty: 'oct', k: randomBytes(32).toString('base64url') };

// The SCTP server. It may be anywhere, and needn't know about relays.
const transport = udp({ addresses: ['127.0.0.1'], port: 0 });
const stack = await Stack.create({ transport });
const listener = stack.socket({ style: 'one-to-many' });
listener.bindx([{ address: '127.0.0.1', port: 5001 }]);
listener.on('association', (association) => void echo(association));
listener.listen();

// The web server, which also gives tickets. A real one gives them only to users that it knows.
const server = createServer((request, response) => {
  answer(request.url).then(
    ([type, body]) => response.writeHead(200, { 'content-type': type }).end(body),
    () => response.writeHead(404).end('not found\n'),
  );
});
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', async () => {
  const { port } = server.address();
  // The relay. The server is on this machine, so its special-purpose network must be allowed.
  await relayServer({
    server,
    path: '/relay',
    addresses: ['127.0.0.1'],
    audience: AUDIENCE,
    keys: [key],
    origins: [`http://127.0.0.1:${port}`],
    allow: [`127.0.0.1:${transport.port}`],
    special: ['127.0.0.0/8'],
  });
  console.log(`open http://127.0.0.1:${port}/`);
});

async function answer(url) {
  const [, file] = /^\/usrsctp-wasm\/([\w-]+\.js)$/.exec(url) ?? [];
  if (file !== undefined)
    return ['text/javascript', await readFile(new URL(file, import.meta.resolve('usrsctp-wasm')))];
  if (url === '/') return ['text/html; charset=utf-8', await readFile(new URL('index.html', import.meta.url))];
  if (url === '/page.mjs') return ['text/javascript', await readFile(new URL('page.mjs', import.meta.url))];
  if (url === '/ticket') {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const claims = { sub: 'visitor', aud: AUDIENCE, exp, destinations: [`127.0.0.1:${transport.port}`] };
    return ['text/plain', await signTicket(claims, key)];
  }
  if (url === '/setup') {
    const setup = { url: `ws://127.0.0.1:${server.address().port}/relay`, udpPort: transport.port };
    return ['application/json', JSON.stringify({ ...setup, peers: [{ address: '127.0.0.1', port: 5001 }] })];
  }
  throw new Error('not found');
}

async function echo(association) {
  try {
    for await (const { data } of association) await association.send(data);
  } catch (error) {
    console.log(`lost a page: ${error.code}`);
  }
}
