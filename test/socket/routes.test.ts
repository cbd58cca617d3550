import { expect, test } from 'vitest';
import type { Transport, TransportHost } from '../../src/index.js';
import { newStack, SERVER, withTwoStacks } from '../support/two-stacks.js';

/** A transport whose routes can be changed to use another of its addresses as source. */
class Rerouted implements Transport {
  readonly #transport: Transport;
  #host: TransportHost | undefined;
  #source: string | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get addresses(): readonly string[] {
    return this.#transport.addresses;
  }

  get mtu(): number {
    return this.#transport.mtu;
  }

  through(source: string): void {
    this.#source = source;
    this.#host?.changed();
  }

  start(host: TransportHost): Promise<void> {
    this.#host = host;
    return this.#transport.start(host);
  }

  route(destination: string) {
    return this.#source === undefined ? this.#transport.route?.(destination) : { source: this.#source };
  }

  send(packets: Parameters<Transport['send']>[0]): void {
    this.#transport.send(packets);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

test('an end that only receives sends SACKs over a new route as soon as there is one', () =>
  withTwoStacks(async ({ network, server, ...stacks }) => {
    const listener = server.socket();
    const [endpoint] = SERVER.map((each) => [each]);
    listener.bindx(endpoint!);
    listener.listen();
    const transport = new Rerouted(network.host('mobile', ['10.0.1.7', '10.0.2.7']).transport);
    const client = await newStack(network, { ...stacks.clientHost, transport });
    const association = await client.socket().connectx(endpoint!);
    const accepted = await listener.accept();
    await network.advance(1000); // both addresses of the client are confirmed
    accepted.setOption('primaryPath', '10.0.2.7');

    network.partition('10.0.1.7');
    transport.through('10.0.2.7');
    const startMs = network.clock.now();
    for (let number = 0; number < 100; number++) {
      await accepted.send(new Uint8Array(10_000));
      await association.receive();
    }
    expect(network.clock.now() - startMs).toBeLessThan(100);
    await association.close();
    await client.close();
  }));
