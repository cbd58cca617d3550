// The module's functions, called by a loop without our JavaScript, whose cost is the difference to `ours`. Set-ups
// only.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const PORT = 5001;
const [AF_INET, SOCK_STREAM, IPPROTO_SCTP, SCTP_NODELAY] = [2, 1, 132, 4];
/** Words of struct link_state (wasm/link.h). */
const [OUTBOX, OUTBOX_BYTES, INBOX, READY_COUNT] = [2, 3, 5, 8];
const SOCKADDR_BYTES = 16;

/** Two instances; a packet that one sends is put into the other's inbox at once. */
export async function memory() {
  const module = await WebAssembly.compile(readFileSync('dist/usrsctp.wasm'));
  const [client, server] = await Promise.all([host(module, [10, 0, 0, 1]), host(module, [10, 0, 0, 2])]);
  const deliver = () => {
    while (transfer(client, server) || transfer(server, client));
    for (const { words, state, exports } of [client, server])
      if (words[state + READY_COUNT]) exports.bridge_ready_taken();
  };
  const end = ({ exports }, handle) => ({
    close() {
      exports.link_enter(performance.now());
      exports.link_timers();
      exports.bridge_close(handle);
      deliver();
    },
  });
  const listener = server.exports.bridge_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  server.exports.bridge_bind(listener, sockaddr(server, server.address), SOCKADDR_BYTES);
  server.exports.bridge_listen(listener, 256);
  return {
    async connect() {
      const { exports, scratch } = client;
      const handle = exports.bridge_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
      client.words[scratch >> 2] = 1;
      exports.bridge_setsockopt(handle, IPPROTO_SCTP, SCTP_NODELAY, scratch, 4);
      exports.link_enter(performance.now());
      exports.bridge_connect(handle, sockaddr(client, server.address), SOCKADDR_BYTES);
      exports.link_leave();
      deliver();
      return end(client, handle);
    },
    accept: async () => end(server, server.exports.bridge_accept(listener, 0, 0)),
  };
}

async function host(module, address) {
  const self = { address };
  const imports = {
    panic() {
      throw new Error('the module has panicked');
    },
    random: (at, length) => void crypto.getRandomValues(self.bytes.subarray(at, at + length)),
    path() {},
    route(_destination, family, mtu) {
      self.words[mtu >> 2] = 1500;
      return family === 4 ? 1 : 0;
    },
  };
  const refresh = () => {
    const { buffer } = self.exports.memory;
    self.bytes = new Uint8Array(buffer);
    self.words = new Uint32Array(buffer);
  };
  const { exports } = await WebAssembly.instantiate(module, {
    host: imports,
    env: { emscripten_notify_memory_growth: refresh },
  });
  self.exports = exports;
  refresh();
  exports._initialize();
  self.state = exports.link_state() >> 2;
  self.scratch = exports.malloc(64);
  exports.link_enter(performance.now());
  exports.link_integrity(1);
  exports.bridge_init(0);
  self.bytes.set(address, self.scratch);
  exports.link_add_address(self.scratch, 4, 1, 0);
  exports.link_leave();
  return self;
}

function sockaddr({ bytes, scratch }, address) {
  bytes.fill(0, scratch, scratch + SOCKADDR_BYTES);
  bytes.set([AF_INET, 0, PORT >> 8, PORT & 0xff, ...address], scratch);
  return scratch;
}

/** Moves all packets from one instance to the other. Returns false if there were none. */
function transfer(from, to) {
  const length = from.words[from.state + OUTBOX_BYTES];
  if (length === 0) return false;
  const outbox = from.words[from.state + OUTBOX] >> 2;
  const inbox = to.words[to.state + INBOX] >> 2;
  for (let i = 0; i < length >> 2; i++) to.words[inbox + i] = from.words[outbox + i]; // a subarray would be garbage
  from.words[from.state + OUTBOX_BYTES] = 0;
  to.exports.link_enter(performance.now());
  to.exports.link_input(length);
  to.exports.link_leave();
  return true;
}
