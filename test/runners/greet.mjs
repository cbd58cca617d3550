// What the fixtures of all runners do: a message from one stack to another one.
const PEER = [{ address: '10.0.1.2', port: 5001 }];

export async function greet(network) {
  const client = await network.stack(network.host('client', ['10.0.1.1']));
  const server = await network.stack(network.host('server', ['10.0.1.2']));
  const listener = server.socket({ style: 'one-to-many' });
  listener.bindx(PEER);
  listener.listen();
  const socket = client.socket();
  const association = await socket.connectx(PEER);
  await association.send('hello');
  const accepted = await listener.accept();
  const { data } = await accepted.receive();
  return { socket, listener, text: new TextDecoder().decode(data) };
}

export async function greetAndClose(network) {
  const { socket, listener, text } = await greet(network);
  await socket.close();
  await listener.close();
  return text;
}
