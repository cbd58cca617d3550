// The types of the entries that need Node's, as a program uses them. Only type-checked, never run.
import { createServer } from 'node:http';
import { Cores } from 'usrsctp-wasm/cores';
import { connect } from 'usrsctp-wasm/net';
import { relayServer, signTicket, type TicketKey } from 'usrsctp-wasm/relay/server';

const key: TicketKey = { kty: 'oct', k: 'secret' };
const relay = await relayServer({
  server: createServer(),
  addresses: ['192.0.2.1'],
  audience: 'a',
  keys: [key],
  allow: [],
});
const ticket: string = await signTicket({ sub: 'me', aud: 'a', exp: 0, destinations: [] }, key);
const cores: Cores = await Cores.start(new URL('worker.js', import.meta.url), { workers: 2 });
// @ts-expect-error: there is no such option
await Cores.start('worker.js', { worker: 2 });
connect({ host: '192.0.2.1', port: 2905 }).on('data', (data) => data.length);

export { cores, relay, ticket };
