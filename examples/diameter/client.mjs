// Sends requests in the manner of Diameter, and goes on when the server is killed and started again:
//   node examples/diameter/client.mjs ADDRESS… [--port N] [--udp-port N] [--own-port N] [--requests N]
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PPID, Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';
import { decode, encode } from './message.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '3868' },
    'udp-port': { type: 'string', default: '9899' },
    'own-port': { type: 'string', default: '9900' }, // a fixed one, so that a server recognizes a restart
    requests: { type: 'string', default: '100' },
  },
});
const COMMAND = 272; // Credit-Control
const peers = positionals.map((address) => ({
  address,
  port: Number(values.port),
  encapsulationPort: Number(values['udp-port']),
}));

const stack = await Stack.create({ transport: udp({ port: Number(values['own-port']) }) });
/** Requests that have no answer yet, by their identifiers. They are sent again over the next association. */
const unanswered = new Map();
let association;
let isDone = false;

void keepConnected();
for (let id = 1; id <= Number(values.requests); id++) {
  console.log('answered', (await request(id, { session: 'example', number: id })).echo.number);
  await delay(20);
}
isDone = true;
await association?.close();
await stack.close();

function request(id, payload) {
  return new Promise((resolve) => {
    unanswered.set(id, { bytes: encode({ isRequest: true, command: COMMAND, id, payload }), resolve });
    association?.send(unanswered.get(id).bytes, { ppid: PPID.DIAMETER }).catch(() => {}); // it will be sent again
  });
}

async function keepConnected() {
  for (let waitMs = 100; !isDone; waitMs = Math.min(2 * waitMs, 2000)) {
    try {
      association = await connect();
      waitMs = 100;
      for (const { bytes } of unanswered.values()) await association.send(bytes, { ppid: PPID.DIAMETER });
      for await (const { data } of association) answered(decode(data));
      return; // an orderly end
    } catch (error) {
      console.log(`not connected: ${error.code}`);
      association = undefined;
      await delay(waitMs);
    }
  }
}

async function connect() {
  const socket = stack.socket();
  socket.bindx([{ address: '::', port: Number(values['own-port']) }]);
  try {
    return await socket.connectx(peers, { timeoutMs: 3000 });
  } catch (error) {
    await socket.close();
    throw error;
  }
}

function answered({ id, payload }) {
  unanswered.get(id)?.resolve(payload);
  unanswered.delete(id);
}
