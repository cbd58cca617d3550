// An echo server with one socket for all peers, written in three ways: node examples/many-peers.mjs WAY [UDP port]
//   event      a listener for each association
//   iterator   a loop over associations, and one over the messages of each
//   receive    one loop over the messages of all associations
import { Stack } from 'usrsctp-wasm';
import { udp } from 'usrsctp-wasm/udp';

const [way = 'receive', udpPort = '9899'] = process.argv.slice(2);
const stack = await Stack.create({ transport: udp({ port: Number(udpPort) }) });
const socket = stack.socket({ style: 'one-to-many' });
socket.bindx([{ address: '::', port: 5001 }]);
console.log(`serving by ${way}`);

if (way === 'event') {
  socket.on('association', (association) => void echo(association));
  socket.listen();
} else if (way === 'iterator') {
  for await (const association of socket.listen()) void echo(association);
} else {
  socket.listen();
  for (;;) {
    const { association, data, stream } = await socket.receive();
    // A peer that doesn't read must not hold up the others, so nobody waits for the message to be taken.
    association.send(data, { stream }).catch((error) => console.log(`lost a peer: ${error.code}`));
  }
}

async function echo(association) {
  try {
    for await (const { data, stream } of association) await association.send(data, { stream });
  } catch (error) {
    console.log(`lost a peer: ${error.code}`);
  }
}
