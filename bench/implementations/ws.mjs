// The package `ws` alone, over TCP: an upper limit for everything over a WebSocket.
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';

/** If a socket buffers more than this, send() waits. */
const MOST_WAITING_BYTES = 2 ** 20;

export async function server(port) {
  const listener = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
  await once(listener, 'listening');
  return { accept: async () => endOf((await once(listener, 'connection'))[0]) };
}

export async function client(port) {
  return {
    async connect() {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
      await once(socket, 'open');
      return endOf(socket);
    },
  };
}

function endOf(socket) {
  return {
    send: (data) => {
      if (socket.bufferedAmount < MOST_WAITING_BYTES) return socket.send(data);
      return new Promise((resolve) => socket.send(data, resolve));
    },
    receive: (handler) => socket.on('message', handler),
  };
}
