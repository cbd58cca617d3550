// Two stacks over a path of one's own, as WebRTC's over DTLS: both ends connect at once, one stream carries 1 MB, another
// one is closed as a data channel is, by resetting it. Run: node examples/conn.mjs
import { conn, Stack } from 'usrsctp-wasm';

// The path is a pair of functions here; onConnOutput would be dtls.send, and connInput the handler of its messages.
const left = conn({ mtu: 1200, onConnOutput: (packet) => right.connInput(packet) });
const right = conn({ mtu: 1200, onConnOutput: (packet) => left.connInput(packet) });

const end = { address: 'conn', port: 5000 };
const streams = { outbound: 1024, inbound: 1024 };
const stacks = await Promise.all([left, right].map((transport) => Stack.create({ transport })));
const [a, b] = await Promise.all(stacks.map((stack) => stack.socket({ streams }).connect(end, { local: [end] })));

const sending = a.send(new Uint8Array(1_000_000), { stream: 1000, ppid: 53 });
const { data, stream } = await b.receive();
await sending;
console.log(`${data.length} bytes on stream ${stream}`);

const [here, there] = [a.stream(7), b.stream(7)];
await here.send('over and out', { ppid: 51 });
const closing = here.reset();
for await (const message of there) console.log(new TextDecoder().decode(message.data)); // until the other end has closed
await Promise.all([closing, there.reset()]);
console.log(`stream ${here.id} is closed, the association is ${a.state}`);

await Promise.all(stacks.map((stack) => stack.close()));
