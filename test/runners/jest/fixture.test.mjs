// A test file for jest, against the built package: passes but for the last test, which leaves things behind.
import { afterEach, expect, jest, test } from '@jest/globals';
import { useNetwork, withNetwork } from 'usrsctp-wasm/testing';
import { greet, greetAndClose } from '../greet.mjs';

test('a wrapped test', withNetwork({ seed: 1 }, greetAndClose));

const network = useNetwork({ afterEach }, { seed: 2 });

test('a test with hooks', () => network().run(greetAndClose));

test('a test under fake timers', async () => {
  jest.useFakeTimers();
  expect(await network().run(greetAndClose)).toBe('hello');
  jest.useRealTimers();
});

test('a test that leaves sockets open', () => network().run(greet));
