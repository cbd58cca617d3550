// Uses a stack in one of several ways and closes it. Nothing may keep the process alive afterwards.
import { Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';

const [way = '', port = '', encapsulationPort = ''] = process.argv.slice(2);
const peer = { address: '127.0.0.1', port: 7 };

const transport = udp({ port: Number(port), encapsulationPort: Number(encapsulationPort) });
const stack = await Stack.create({ transport });

if (way === 'echo' || way === 'abort') {
  const association = await stack.socket().connectx([peer], { timeoutMs: 30_000 });
  await association.send('hello');
  const echo = await association.receive({ timeoutMs: 30_000 });
  console.log('received', Buffer.from(echo?.data ?? []).toString());
  if (way === 'abort') association.abort('enough');
} else if (way === 'timeout') {
  await stack
    .socket()
    .connectx([{ ...peer, port: 8 }], { timeoutMs: 300 })
    .catch(({ code }) => console.log(code));
} else if (way === 'listen') {
  const socket = stack.socket({ style: 'one-to-many' });
  socket.listen();
  void socket.accept().catch(({ code }) => console.log(code));
}
await stack.close();
const closedMs = performance.now();
console.log('closed');
process.on('exit', () => console.log(`lingered for ${Math.round(performance.now() - closedMs)} ms`));
