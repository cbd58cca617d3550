import { expect, test } from 'vitest';
import { PortReservations } from '../../src/relay/port-reservations.js';

const [first, second] = [{}, {}];
const claim = (claims: PortReservations, owner: object, port = 5000) =>
  claims.reserve(owner, '10.0.0.1', port, '10.0.0.2');

test('an SCTP port belongs to the client that reserves it first, until that client ends', () => {
  const claims = new PortReservations();
  expect([claim(claims, first), claim(claims, first), claim(claims, second), claim(claims, first)]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  claims.release(first);
  expect([claim(claims, second), claim(claims, first)]).toEqual([true, false]);
});

test('a client with too many reservations loses its oldest one, which another client may get', () => {
  const claims = new PortReservations();
  for (let port = 1; port <= 256; port++) expect(claim(claims, first, port)).toBe(true);
  expect(claim(claims, second, 1)).toBe(false);
  expect(claim(claims, first, 257)).toBe(true);
  expect(claim(claims, second, 1)).toBe(true);
  expect(claim(claims, first, 1)).toBe(false);
});
