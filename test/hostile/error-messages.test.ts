import { expect, test } from 'vitest';
import { connected, textOf, withTwoStacks } from '../support/two-stacks.js';

test('an error names the problem and the call', async () => {
  await withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    const errorOf = async (call: Promise<unknown>) => call.then(String, String);
    expect(await errorOf(a.send(''))).toBe('SctpError: EINVAL: send: SCTP has no empty messages');
    expect(await errorOf(a.send(new Uint8Array()))).toBe('SctpError: EINVAL: send: SCTP has no empty messages');
    expect(await errorOf(a.send(5 as never))).toBe(
      'TypeError: send: data must be a Uint8Array, an ArrayBuffer or a string',
    );
    expect(await errorOf(a.send('x', { stream: 10 }))).toBe('SctpError: EINVAL: send: stream must be 0 to 9, not 10');
    expect(await errorOf(a.send('x', { reliability: { lifetimeMs: 0 } }))).toContain(
      'lifetimeMs must be a whole number',
    );
    expect(await errorOf(a.send('x', { reliability: {} as never }))).toContain('reliability must be one of');
    expect(await errorOf(a.receive({ timeoutMs: -1 }))).toContain('timeoutMs must be a number of ms');
    expect(await errorOf(a.receive({ signal: {} as never }))).toBe('TypeError: signal must be an AbortSignal');
    expect(await errorOf(a.receive(null as never))).toContain('TypeError');
  });
});

test('sending a message whose buffer was transferred fails with EFAULT, even if the message was already queued', async () => {
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
    // A partly sent message can't be cancelled: the next message would become part of it.
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
