import { expect, test } from 'vitest';
import { connected, textOf, withTwoStacks } from '../support/two-stacks.js';

test('what is wrong is said, with the name of the call', async () => {
  await withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    const told = async (call: Promise<unknown>) => call.then(String, String);
    expect(await told(a.send(''))).toBe('SctpError: EINVAL: send: SCTP has no empty messages');
    expect(await told(a.send(new Uint8Array()))).toBe('SctpError: EINVAL: send: SCTP has no empty messages');
    expect(await told(a.send(5 as never))).toBe(
      'TypeError: send: data must be a Uint8Array, an ArrayBuffer or a string',
    );
    expect(await told(a.send('x', { stream: 10 }))).toBe('SctpError: EINVAL: send: stream must be 0 to 9, not 10');
    expect(await told(a.send('x', { reliability: { lifetimeMs: 0 } }))).toContain('lifetimeMs must be a whole number');
    expect(await told(a.send('x', { reliability: {} as never }))).toContain('reliability must be one of');
    expect(await told(a.receive({ timeoutMs: -1 }))).toContain('timeoutMs must be a number of ms');
    expect(await told(a.receive({ signal: {} as never }))).toBe('TypeError: signal must be an AbortSignal');
    expect(await told(a.receive(null as never))).toContain('TypeError');
  });
});

test('a message whose buffer was transferred is EFAULT, before it is sent and while it waits', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks, { sendBufferBytes: 4096 });
    const detach = (bytes: Uint8Array) => structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const gone = new Uint8Array(8);
    detach(gone);
    await expect(a.send(gone)).rejects.toMatchObject({ code: 'EFAULT' });
    await expect(a.send(gone.buffer)).rejects.toMatchObject({ code: 'EFAULT' });
    const heal = stacks.network.partition(stacks.clientHost, stacks.serverHost);
    const first = a.send(new Uint8Array(10_000));
    const waiting = new Uint8Array(100);
    const second = a.send(waiting).catch((error: unknown) => error);
    const third = a.send('third');
    detach(waiting);
    heal();
    expect((await b.receive())?.data.length).toBe(10_000);
    expect(await second).toMatchObject({ code: 'EFAULT' });
    expect(textOf(await b.receive())).toBe('third');
    await Promise.all([first, third]);
    // A message that was begun can't be taken back: what follows would be part of it.
    const partition = stacks.network.partition(stacks.clientHost, stacks.serverHost);
    const begun = new Uint8Array(10_000);
    const cut = a.send(begun).catch((error: unknown) => error);
    detach(begun);
    partition();
    expect(await cut).toMatchObject({ code: 'EFAULT' });
    expect(await a.closed).toMatchObject({ code: 'EFAULT' });
    expect(await b.closed).toMatchObject({ code: 'ECONNRESET' });
  });
});
