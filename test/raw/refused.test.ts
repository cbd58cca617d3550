import { expect, test } from 'vitest';
import * as R from '../../src/raw.js';
import { scenario } from '../../src/simulated.js';
import { connected, listening, open, SERVER, two } from './fixture.js';

test('usrsctp_connectx on a listening one-to-one socket fails with EINVAL', () =>
  scenario({ seed: 1 }, async (network) => {
    const { server } = await two(network);
    const so = listening(server, R.SOCK_STREAM);
    expect(server.usrsctp_connectx(so, [{ address: '10.0.1.1', port: 9 }])).toBe(-1);
    expect(server.errno).toBe('EINVAL');
  }));

test('usrsctp_listen on a one-to-one socket that has had an association fails with EINVAL', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    server.usrsctp_close(accepted);
    await network.advance(10_000);
    expect(client.usrsctp_listen(so, 1)).toBe(-1);
    expect(client.errno).toBe('EINVAL');
  }));

test('usrsctp_connect on a socket of AF_INET6 takes an IPv4 address for an IPv6 address', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const so = client.usrsctp_socket(R.AF_INET6, R.SOCK_STREAM, R.IPPROTO_SCTP)!;
    expect(client.usrsctp_connect(so, SERVER[0]!)).toBe(-1);
    expect(['EINPROGRESS', 'EINVAL', 'EAFNOSUPPORT']).toContain(client.errno);
    client.usrsctp_close(so);
    await network.advance(1000);
  }));

test('RTO.Initial cannot be set to 0, as usrsctp divides by it', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    expect(client.usrsctp_sysctl_set_sctp_rto_initial_default(0)).toBe(-1);
    expect(client.errno).toBe('EINVAL');
    expect(client.usrsctp_sysctl_set_sctp_rto_initial_default(500)).toBe(0);
  }));

test(
  'there can be more than 65,536 sockets, and closing one has no effect on the events of another',
  { timeout: 120_000 },
  () =>
    scenario({ seed: 1 }, async (network) => {
      const { client } = await two(network);
      const all = Array.from({ length: 70_000 }, () => client.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP));
      expect(all.filter((so) => so === null)).toEqual([]);
      for (const so of all) client.usrsctp_close(so!);
      const again = open(client);
      expect(client.usrsctp_connectx(again, [{ address: '10.0.1.2', port: 9 }])).toBe(0);
      await network.advance(1000);
      expect(client.usrsctp_getsockopt(again, R.SOL_SOCKET, R.SO_ERROR)).toBe('ECONNREFUSED');
    }),
);
