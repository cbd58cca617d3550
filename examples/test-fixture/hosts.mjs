// A client and an echo server on a simulated network, for the tests of this folder.
export const peers = ['10.0.1.2', '10.0.2.2'].map((address) => ({ address, port: 5001 }));

export async function hosts(network) {
  const client = await network.stack(network.host('client', ['10.0.1.1', '10.0.2.1']));
  const server = await network.stack(network.host('server', ['10.0.1.2', '10.0.2.2']));
  const listener = server.socket({ style: 'one-to-many' });
  listener.bindx(peers);
  listener.on('association', async (association) => {
    for await (const { data } of association) await association.send(data);
  });
  listener.listen();
  return { client, server };
}
