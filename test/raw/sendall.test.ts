import { expect, test } from 'vitest';
import * as R from '../../src/raw.js';
import { type Network, scenario } from '../../src/simulated.js';
import { listening, open, SERVER, two } from './fixture.js';

const SENDALL = { snd_flags: R.SCTP_SENDALL };

/** A server's one-to-many socket with the associations of three clients, the last of which accepts one stream only. */
async function three(network: Network) {
  const { client, server } = await two(network);
  const hub = listening(server);
  const sockets = [10, 10, 1].map((sinit_max_instreams) => {
    const so = open(client);
    client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_INITMSG, { sinit_max_instreams });
    client.usrsctp_connectx(so, SERVER);
    return so;
  });
  await network.advance(1000);
  const received = () =>
    sockets.map((so) => {
      const got = client.usrsctp_recvv(so, 100_000);
      return got === -1 ? client.errno : got.data.length;
    });
  return { client, server, hub, received };
}

test('SCTP_SENDALL sends one message to every association of a socket, by the iterator', () =>
  scenario({ seed: 1 }, async (network) => {
    const { server, hub, received } = await three(network);
    expect(server.usrsctp_sendv(hub, new Uint8Array(7), null, SENDALL, R.SCTP_SENDV_SNDINFO)).toBe(7);
    await network.advance(1000);
    expect(received()).toEqual([7, 7, 7]);
  }));

test('SCTP_SENDALL reports no failures, takes at most 1,432 bytes, and ignores the limit of the send buffer', () =>
  scenario({ seed: 1 }, async (network) => {
    const { server, hub, received } = await three(network);
    const onStream = { ...SENDALL, snd_sid: 5 };
    expect(server.usrsctp_sendv(hub, new Uint8Array(7), null, onStream, R.SCTP_SENDV_SNDINFO)).toBe(7);
    await network.advance(1000);
    expect(received()).toEqual([7, 7, 'EAGAIN']);
    const large = server.usrsctp_sendv(hub, new Uint8Array(1433), null, SENDALL, R.SCTP_SENDV_SNDINFO);
    expect([large, server.errno]).toEqual([-1, 'EMSGSIZE']);
    network.partition('*');
    server.usrsctp_setsockopt(hub, R.SOL_SOCKET, R.SO_SNDBUF, 10_000);
    const all = Array.from({ length: 100 }, () =>
      server.usrsctp_sendv(hub, new Uint8Array(1000), null, SENDALL, R.SCTP_SENDV_SNDINFO),
    );
    expect(new Set(all)).toEqual(new Set([1000])); // 300,000 bytes wait in a buffer of 10,000
  }));
