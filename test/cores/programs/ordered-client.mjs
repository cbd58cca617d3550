// A client of that server: node ordered-client.mjs '{ addresses, udpPort, server, port }'. Orders come on standard input, one a line; each prints
// a line of JSON. `connect N`: N associations, and how many each worker has. `connect N FROM`: from the SCTP ports FROM, FROM + 1 and so on, and
// how many of them were restarts for the server. `ask`: a message on each association that is open, and how many answers were wrong, or came from
// another worker than before.
import { createInterface } from 'node:readline';
import { Stack } from '../../../dist/index.js';
import { udp } from '../../../dist/udp.js';

const BATCH = 50;
const { addresses, udpPort = 0, server, port } = JSON.parse(process.argv[2]);
const stack = await Stack.create({ transport: udp({ addresses, port: udpPort, encapsulationPort: port }) });
const to = server.map((address) => ({ address, port: 5001 }));
const all = [];
let round = 0;
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...numbers] = line.split(' ');
  console.log(JSON.stringify(await (order === 'connect' ? connect(...numbers.map(Number)) : ask())));
}
await stack.close();

async function connect(count, from) {
  const [workers, paths, restarted] = [{}, [], []];
  const one = async (number) => {
    const socket = stack.socket();
    if (from !== undefined) socket.bindx(addresses.map((address) => ({ address, port: from + number })));
    const association = await socket.connectx(to, { timeoutMs: 20_000 });
    const { index, restarts } = await exchange(association, 'hello');
    all.push({ association, index });
    workers[index] = (workers[index] ?? 0) + 1;
    paths.push(association.paths().length);
    if (restarts > 0) restarted.push(from + number);
  };
  for (let done = 0; done < count; done += BATCH) {
    await Promise.all(Array.from({ length: Math.min(BATCH, count - done) }, (_, number) => one(done + number)));
  }
  return { workers, paths, restarted: restarted.length };
}

async function ask() {
  const open = all.filter(({ association }) => association.state === 'open');
  const result = { open: open.length, wrong: 0, moved: 0, ended: 0 };
  const text = `round ${++round}`;
  await Promise.all(
    open.map(async ({ association, index }) => {
      try {
        const answer = await exchange(association, text);
        if (answer.text !== text) result.wrong++;
        if (answer.index !== index) result.moved++;
      } catch {
        result.ended++;
      }
    }),
  );
  return result;
}

async function exchange(association, text) {
  await association.send(text);
  const message = await association.receive({ timeoutMs: 30_000 });
  const [, index, restarts, rest] = /^(\d+)\/(\d+) (.*)$/.exec(new TextDecoder().decode(message?.data)) ?? [];
  return { index: Number(index), restarts: Number(restarts), text: rest };
}
