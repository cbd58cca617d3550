// A Cloudflare worker that asks an SCTP server for each request, through a relay. Its settings: RELAY_URL, RELAY_TICKET,
// SERVER_ADDRESS, SERVER_PORT (SCTP) and SERVER_UDP_PORT.
import { Stack } from 'usrsctp-wasm';
import { relay } from 'usrsctp-wasm/relay';

export default {
  async fetch(request, env) {
    const relays = [{ url: env.RELAY_URL, ticket: env.RELAY_TICKET }];
    const transport = relay({ relays, encapsulationPort: Number(env.SERVER_UDP_PORT) });
    const stack = await Stack.create({ transport, preset: 'fast-failover' });
    try {
      const peer = { address: env.SERVER_ADDRESS, port: Number(env.SERVER_PORT) };
      const association = await stack.socket().connect(peer, { timeoutMs: 5000 });
      await association.send(await request.text());
      const answer = await association.receive({ timeoutMs: 5000 });
      return new Response(answer?.data);
    } catch (error) {
      return new Response(`${error.message}\n`, { status: 502 });
    } finally {
      await stack.close(); // an edge runtime stops a worker that waits for nothing, so close before the answer
    }
  },
};
