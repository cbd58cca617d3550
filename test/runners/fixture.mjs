// A test file for node:test, against the built package: passes but for the last test, which leaves things behind.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { useNetwork, withNetwork } from 'usrsctp-wasm/testing';
import { greet, greetAndClose } from './greet.mjs';

test('a wrapped test', withNetwork({ seed: 1 }, greetAndClose));

const network = useNetwork({ afterEach }, { seed: 2 });

test('a test with hooks', () => network().run(greetAndClose));

test('a test that moves the time itself', async () => {
  assert.equal(await network().runUntil(greetAndClose(network())), 'hello');
});

test('a test that leaves sockets open', () => network().run(greet));
