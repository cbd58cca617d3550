import { afterEach, expect, test } from 'vitest';
import { WAIT } from '../support/udp-host.js';
import { GuestProgram } from './guest.js';
import { Asp } from './m3ua.js';
import { bindTo, endAll, guest, listening, ours } from './ours.js';

afterEach(endAll);

/** Routing contexts, which are the point codes in guest/etc/osmo-stp.cfg. */
const COMES = 23;
const CALLED = 24;

test('osmo-stp passes data between two active application servers, one connected as a client and one as a server', {
  timeout: 120_000,
}, async () => {
  const stack = await ours();
  const server = listening(stack, 2905);
  const stp = new GuestProgram('osmo-stp -c /etc/osmo-stp.cfg');
  const accepted = await server.accept(WAIT);
  await stp.printed(/Created m3ua [Ss]erver/);
  const socket = stack.socket();
  bindTo(socket, 3905);
  const connected = await socket.connectx(guest(2905), WAIT);
  const [comes, called] = [new Asp(connected, COMES), new Asp(accepted, CALLED)];
  await comes.activate();
  await called.activate();
  await comes.transfer(COMES, CALLED, 'there');
  expect(await called.receive()).toBe('there');
  await called.transfer(CALLED, COMES, 'and back');
  expect(await comes.receive()).toBe('and back');
});
