// Two of our stacks that connect to each other. Doesn't import the package: a cold start is measured from that import.
import { loopback } from './loopback.mjs';

const PORT = 5001;

/** Two stacks on a transport that hands packets over in the next turn of the event loop. */
export async function directStacks(Stack) {
  const transports = loopback('10.0.0.1', '10.0.0.2');
  const stacks = await Promise.all(transports.map((transport) => Stack.create({ transport })));
  return connecting(...stacks, '10.0.0.2');
}

/** Makes associations from one stack to the other. A stack that is in another process is undefined here. */
export function connecting(client, server, address) {
  const listener = server?.socket();
  listener?.bindx([{ address, port: PORT }]);
  listener?.listen();
  return {
    connect: async () => endOf(await client.socket().connect({ address, port: PORT })),
    accept: async () => endOf(await listener.accept()),
    wasmBytes: () => client.memoryInUse + server.memoryInUse,
  };
}

function endOf(association) {
  return {
    send: (data) => association.send(data),
    async receive(handler) {
      for await (const { data } of association) handler(data);
    },
    close: () => association.close(),
  };
}
