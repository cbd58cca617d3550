// A client that reaches a UDP server through a relay (bench/relay.mjs). Each of the three is a process.
import { Stack } from 'usrsctp-wasm';
import { relay } from 'usrsctp-wasm/relay';
import { signTicket } from 'usrsctp-wasm/relay/server';
import { connecting } from './stacks.mjs';

export { server } from './ours.mjs';

export const AUDIENCE = 'bench';
export const KEY = { kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url') };

const TICKET_LIFE_S = 600;

export async function client(port) {
  const exp = Math.floor(Date.now() / 1000) + TICKET_LIFE_S;
  const ticket = await signTicket({ sub: 'bench', aud: AUDIENCE, exp, destinations: ['127.0.0.0/8:*'] }, KEY);
  const relays = [{ url: `ws://127.0.0.1:${port + 2}/relay`, ticket }];
  const transport = relay({ relays, encapsulationPort: port });
  return connecting(await Stack.create({ transport }), undefined, '127.0.0.1');
}
