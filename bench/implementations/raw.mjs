// `usrsctp-wasm/raw` on the simulated network.
import * as R from 'usrsctp-wasm/raw';
import { Network } from 'usrsctp-wasm/simulated';
import { simulated } from './simulated.mjs';

const PORT = 5001;
const MOST = 262_144;

export async function memory() {
  const { clock, hosts, run } = simulated(Network);
  const [client, server] = await Promise.all(hosts.map(({ transport }) => R.usrsctp_init({ transport, clock })));
  const peer = { address: hosts[1].addresses[0], port: PORT };
  const listener = server.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP);
  server.usrsctp_bind(listener, peer);
  server.usrsctp_listen(listener, 256);
  const takers = [];
  const offer = () => {
    for (let end = takers[0] && acceptedOf(server, listener); end; end = takers[0] && acceptedOf(server, listener)) {
      takers.shift()(end);
    }
  };
  server.usrsctp_set_upcall(listener, offer);
  return {
    connect() {
      const so = client.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP);
      client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_NODELAY, 1);
      client.usrsctp_connect(so, peer);
      return isUp(client, so).then(() => endOf(client, so));
    },
    accept: () =>
      new Promise((resolve) => {
        takers.push(resolve);
        offer();
      }),
    run,
  };
}

function isUp(usrsctp, so) {
  return new Promise((resolve) => {
    usrsctp.usrsctp_set_upcall(so, () => {
      if (usrsctp.usrsctp_get_events(so) & R.SCTP_EVENT_WRITE) resolve();
    });
  });
}

function acceptedOf(usrsctp, listener) {
  const so = usrsctp.usrsctp_accept(listener);
  if (so === null) return undefined;
  usrsctp.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_NODELAY, 1);
  return endOf(usrsctp, so);
}

function endOf(usrsctp, so) {
  let handler;
  let wake = () => undefined;
  const read = () => {
    if (handler === undefined) return;
    for (let got = usrsctp.usrsctp_recvv(so, MOST); got !== -1 && got.data.length > 0; ) {
      handler(got.data);
      got = usrsctp.usrsctp_recvv(so, MOST);
    }
  };
  usrsctp.usrsctp_set_upcall(so, () => {
    read();
    wake();
  });
  return {
    async send(data) {
      while (usrsctp.usrsctp_sendv(so, data) < 0) {
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
    },
    receive(each) {
      handler = each;
      read();
    },
    close: () => usrsctp.usrsctp_close(so),
  };
}
