/** Two transports; each gives its packets to the other in the next turn of the event loop. */
export function loopback(...addresses) {
  const ends = addresses.map(end);
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  return ends;
}

function end(address) {
  let waiting = [];
  const deliver = () => {
    const packets = waiting;
    waiting = [];
    self.peer.host?.receive(packets);
  };
  const self = {
    addresses: [address],
    mtu: 1500,
    async start(host) {
      self.host = host;
    },
    send(packets) {
      if (waiting.length === 0) setImmediate(deliver);
      waiting = waiting.length === 0 ? [...packets] : waiting.concat(packets);
    },
    async close() {
      self.host = undefined;
    },
  };
  return self;
}
