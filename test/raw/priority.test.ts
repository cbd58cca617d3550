import { expect, test } from 'vitest';
import * as R from '../../src/raw.js';
import { scenario } from '../../src/simulated.js';
import { listening, open, SERVER, two } from './fixture.js';

/** Upstream's sctp_prune_prsctp() leaves chunks without data behind, and then loops over them for ever. */
test('sending messages of all priorities into a full send buffer neither hangs nor ends the association', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10, loss: 0.1 }, limitMs: 1e7 }, async (network) => {
    const { client, server } = await two(network);
    const listener = listening(server, R.SOCK_STREAM);
    const so = open(client);
    client.usrsctp_connectx(so, SERVER);
    await network.advance(5000);
    const accepted = server.usrsctp_accept(listener);
    let sent = 0;
    let received = 0;
    for (let round = 0; round < 200; round++) {
      for (let priority = 100; priority > 0; priority--) {
        const info = {
          sendv_flags: R.SCTP_SEND_PRINFO_VALID,
          sendv_prinfo: { pr_policy: R.SCTP_PR_SCTP_BUF, pr_value: priority },
        };
        if (client.usrsctp_sendv(so, new Uint8Array(3000), null, info, R.SCTP_SENDV_SPA) > 0) sent++;
      }
      await network.advance(200);
      while (server.usrsctp_recvv(accepted, 10_000) !== -1) received++;
    }
    await network.advance(60_000);
    expect(sent).toBeGreaterThan(200);
    expect(received).toBeGreaterThan(sent / 2);
    client.usrsctp_sendv(so, new TextEncoder().encode('still here'));
    let last = '';
    for (let round = 0; round < 100 && last !== 'still here'; round++) {
      await network.advance(5000);
      for (
        let read = server.usrsctp_recvv(accepted, 10_000);
        read !== -1;
        read = server.usrsctp_recvv(accepted, 10_000)
      ) {
        last = new TextDecoder().decode(read.data);
      }
    }
    expect(last).toBe('still here');
  }));
