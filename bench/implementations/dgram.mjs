// Node's UDP sockets alone, paced like our transport: an upper limit for SCTP over them. Nothing is retransmitted.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';

/** libuv reads at most this many datagrams in a turn of the event loop. */
const PER_TURN = 32;

export async function server(port) {
  const socket = await bound(port);
  return {
    accept: async () => {
      const [, { port: peer }] = await once(socket, 'message');
      return endOf(socket, peer);
    },
  };
}

export async function client(port) {
  const socket = await bound(port + 1);
  return {
    connect: async () => {
      socket.send('hello', port, '127.0.0.1');
      return endOf(socket, port);
    },
  };
}

function endOf(socket, peer) {
  let sent = 0;
  let inFlight = 0;
  const done = () => inFlight--;
  return {
    async send(data) {
      if (++sent % PER_TURN === 0)
        do await turn();
        while (inFlight > 0);
      inFlight++;
      socket.send(data, peer, '127.0.0.1', done);
    },
    receive: (handler) => socket.on('message', handler),
  };
}

async function bound(port) {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, callback) => callback(null, host, 4) });
  const listening = once(socket, 'listening');
  socket.bind(port, '127.0.0.1');
  await listening;
  socket.setRecvBufferSize(2 ** 22);
  return socket;
}
