// A client of the tests in network namespaces: node namespace-client.mjs '{ addresses, server, port }'. Orders come on standard input, one a
// line; each prints a line of JSON. `connect N`: N associations, and how many each worker has. `ask`: a message on each association that is open,
// and how many answers were wrong, or came from another worker than before.
import { createInterface } from 'node:readline';
import { Stack } from '../../../dist/index.js';
import { udp } from '../../../dist/udp.js';

const { addresses, server, port } = JSON.parse(process.argv[2]);
const stack = await Stack.create({ transport: udp({ addresses, port: 0, encapsulationPort: port }) });
const to = server.map((address) => ({ address, port: 5001 }));
const all = [];
let round = 0;
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [order, count] = line.split(' ');
  console.log(JSON.stringify(await (order === 'connect' ? connect(Number(count)) : ask())));
}
await stack.close();

async function connect(count) {
  const workers = {};
  for (let done = 0; done < count; done += 50) {
    const batch = Array.from({ length: 50 }, async () => {
      const association = await stack.socket().connectx(to, { timeoutMs: 20_000 });
      const { index } = await exchange(association, 'hello');
      all.push({ association, index });
      workers[index] = (workers[index] ?? 0) + 1;
    });
    await Promise.all(batch);
  }
  return { workers, paths: all.map(({ association }) => association.paths().length) };
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
  const [, index, , rest] = /^(\d+)\/(\d+) (.*)$/.exec(new TextDecoder().decode(message?.data)) ?? [];
  return { index: Number(index), text: rest };
}
