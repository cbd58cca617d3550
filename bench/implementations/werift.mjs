// werift-sctp, in memory and over UDP. It has no listening sockets: each association has a transport of its own.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import Module, { createRequire } from 'node:module';

// werift-sctp 0.0.11 requires the package `debug`, but doesn't depend on it. Here it gets one that does nothing.
const load = Module._load;
const silent = { default: { debug: () => () => undefined } };
Module._load = (name, ...rest) => (name === 'debug' ? silent : load(name, ...rest));
const { createUdpTransport, SCTP, SCTP_STATE } = createRequire(import.meta.url)('werift-sctp');

const PORT = 5000;

export async function memory() {
  const waiting = [];
  return {
    async connect() {
      const [a, b] = wires();
      const server = SCTP.server(b, PORT);
      waiting.push(started(server));
      return started(SCTP.client(a, PORT));
    },
    accept: async () => waiting.shift(),
  };
}

export async function server(port) {
  const socket = await bound(port);
  return { accept: () => started(SCTP.server(createUdpTransport(socket), PORT)) };
}

export async function client(port) {
  const socket = await bound(port + 1);
  const transport = createUdpTransport(socket, { address: '127.0.0.1', port });
  return { connect: () => started(SCTP.client(transport, PORT)) };
}

async function bound(port) {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(2 ** 22);
  return socket;
}

/** Two transports; each gives its packets to the other in the next turn of the event loop. */
function wires() {
  const ends = [wire(), wire()];
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  return ends;
}

function wire() {
  let packets = [];
  const deliver = () => {
    const batch = packets;
    packets = [];
    for (const packet of batch) self.peer.onData?.(packet);
  };
  const self = {
    async send(packet) {
      if (packets.push(packet) === 1) setImmediate(deliver);
    },
    close() {
      self.peer.onData = undefined;
    },
  };
  return self;
}

async function started(sctp) {
  const up = sctp.stateChanged.connected.asPromise();
  await sctp.start(PORT);
  if (sctp.associationState !== SCTP_STATE.ESTABLISHED) await up;
  return {
    send: (data) => sctp.send(0, 51, data),
    receive: (handler) => sctp.onReceive.subscribe((_stream, _ppid, data) => handler(data)),
    close: () => sctp.stop(),
    sctp,
  };
}
