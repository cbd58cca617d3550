// SCTP directly over IP, without UDP: node examples/ip.mjs server [SCTP port]
//                                      node examples/ip.mjs client ADDRESS [SCTP port]
// It needs `npm install koffi`, and root or CAP_NET_RAW. The peer may be any SCTP: a Linux kernel, a Diameter node, an AMF.
import { Stack } from 'usrsctp-wasm';
import { ip } from 'usrsctp-wasm/native';

const [role, ...rest] = process.argv.slice(2);
const stack = await Stack.create({ transport: ip() }).catch(({ message }) => {
  console.error(message);
  process.exit(1);
});

if (role === 'client') {
  const [address, port = '5001'] = rest;
  const association = await stack.socket().connect({ address, port: Number(port) }, { timeoutMs: 5000 });
  console.log(
    `connected: ${association
      .paths()
      .map((path) => path.address)
      .join(' ')}`,
  );
  await association.send('hello');
  const { data } = await association.receive();
  console.log(`answer: ${new TextDecoder().decode(data)}`);
  await association.close();
  await stack.close();
} else {
  const [port = '5001'] = rest;
  const socket = stack.socket();
  socket.bindx([{ address: '::', port: Number(port) }]);
  console.log(`SCTP port ${port}: ${stack.addresses.join(' ')}`);
  for await (const association of socket.listen())
    void echo(association).catch((error) => console.error(error.message));
}

async function echo(association) {
  for await (const { data, stream, ppid } of association) await association.send(data, { stream, ppid });
}
