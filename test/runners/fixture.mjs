// A test file for node:test, against the built package: passes but for the last test, which leaves things behind.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { useNetwork, withNetwork } from 'usrsctp-wasm/testing';

const PEER = [{ address: '10.0.1.2', port: 5001 }];

async function greet(network) {
  const client = await network.stack(network.host('client', ['10.0.1.1']));
  const server = await network.stack(network.host('server', ['10.0.1.2']));
  const listener = server.socket({ style: 'one-to-many' });
  listener.bindx(PEER);
  listener.listen();
  const socket = client.socket();
  const association = await socket.connectx(PEER);
  await association.send('hello');
  const accepted = await listener.accept();
  assert.equal(new TextDecoder().decode((await accepted.receive()).data), 'hello');
  return { socket, listener };
}

async function greetAndClose(network) {
  const { socket, listener } = await greet(network);
  await socket.close();
  await listener.close();
}

test('a wrapped test', withNetwork({ seed: 1 }, greetAndClose));

const network = useNetwork({ afterEach }, { seed: 2 });

test('a test with hooks', () => network().run(greetAndClose));

test('a test that moves the time itself', async () => {
  await network().runUntil(greetAndClose(network()));
});

test('a test that leaves sockets open', () => network().run(greet));
