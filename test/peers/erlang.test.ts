import { afterEach, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { pattern } from '../support/two-stacks.js';
import { GuestProgram } from './guest.js';
import { endAll, guest, listening, ours } from './ours.js';

/** Erlang starts slowly in an emulator. */
const WAIT = { timeoutMs: 100_000 };

afterEach(endAll);

test('Erlang’s gen_sctp returns our messages with a window of 1,500 bytes, whichever end has connected', {
  timeout: 200_000,
}, async () => {
  const stack = await ours();
  const listener = listening(stack, 5006);
  const erlang = new GuestProgram('erl -noinput -pa /erlang -s echo main');
  const accepted = await listener.accept(WAIT);
  await erlang.printed(/^listening/m);
  const connected = await stack.socket().connectx(guest(5006), WAIT);
  for (const association of [accepted, connected]) await conversation(association);
  await connected.close(WAIT);
  await accepted.close(WAIT);
  await erlang.printed(/(association shutdown_comp.*){2}/s);
});

async function conversation(association: Association): Promise<void> {
  for (let n = 0; n < 20; n++) {
    const data = pattern(100 * n + 1, n);
    await association.send(data, { stream: n % 5, ppid: n });
    const back = await association.receive(WAIT);
    expect(back).toMatchObject({ stream: n % 5, ppid: n });
    expect(back?.data).toEqual(data);
  }
}
