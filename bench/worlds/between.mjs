// What two stacks are to each other, without the package: a cold start is measured from its import.
import { wire } from './wire.mjs';

const PORT = 5001;

/** Two stacks on a transport that hands packets over in the next turn of the event loop. */
export async function directly(Stack) {
  const transports = wire('10.0.0.1', '10.0.0.2');
  const stacks = await Promise.all(transports.map((transport) => Stack.create({ transport })));
  return between(...stacks, '10.0.0.2');
}

/** What connects from one stack to another; each may be in another process. */
export function between(client, server, address) {
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
