import { expect, test } from 'vitest';
import { decodePacket } from '../../src/wire/decode.js';
import { connected, pattern, type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';

/** Returns the destinations of the DATA that a host has sent since the last call. */
function watched({ network }: TwoStacks) {
  let seen = network.trace.count;
  return (from: string) => {
    const entries = network.trace.entries().filter((entry) => entry.number >= seen && entry.from === from);
    seen = network.trace.count;
    const withData = entries.filter(({ bytes }) => decodePacket(bytes).chunks.some(({ type }) => type === 'DATA'));
    return new Set(withData.map(({ destination }) => destination));
  };
}

test('setPrimary sets the destination of messages, and does not change the primary path of the peer', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const went = watched(stacks);
    await stacks.network.advance(100);
    for (const primary of ['10.0.2.2', '10.0.1.2']) {
      went('client');
      a.setPrimary(primary);
      expect(a.status().primary).toBe(primary);
      expect(a.paths().find((path) => path.primary)?.address).toBe(primary);
      await a.send(pattern(5000));
      await b.receive();
      await stacks.network.advance(1000);
      expect(went('client')).toEqual(new Set([primary]));
    }
    await b.send('unasked');
    expect(textOf(await a.receive())).toBe('unasked');
    expect(went('server')).toEqual(new Set(['10.0.1.1']));
  }));

test('setPeerPrimary asks the peer, by ASCONF, to send to a local address, and its data goes there', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const went = watched(stacks);
    const changes: string[] = [];
    b.on('path', ({ address, change }) => changes.push(`${address} ${change}`));
    await b.send('before');
    expect(textOf(await a.receive())).toBe('before');
    expect(went('server')).toEqual(new Set(['10.0.1.1']));
    const first = stacks.network.trace.count;
    a.setPeerPrimary('10.0.2.1');
    await stacks.network.advance(1000);
    const chunks = stacks.network.trace
      .entries()
      .filter(({ number }) => number >= first)
      .flatMap(({ from, bytes }) => decodePacket(bytes).chunks.map((chunk) => ({ from, chunk })));
    const ask = chunks.find(({ chunk }) => chunk.type === 'ASCONF');
    expect(ask?.from).toBe('client');
    expect(ask?.chunk).toMatchObject({ parameters: [{ address: expect.anything() }, { name: 'Set Primary Address' }] });
    expect(chunks.find(({ chunk }) => chunk.type === 'ASCONF ACK')?.from).toBe('server');
    expect(b.status().primary).toBe('10.0.2.1');
    expect(changes).toContain('10.0.2.1 primary');
    await b.send('after');
    expect(textOf(await a.receive())).toBe('after');
    expect(went('server')).toEqual(new Set(['10.0.2.1']));
    expect(a.status().primary).toBe('10.0.1.2');
  }));

test('an invalid primary address is refused at once', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    expect(() => a.setPrimary('10.9.9.9')).toThrow(/EINVAL: setPrimary: 10.9.9.9 is none of the peer's/);
    expect(() => a.setPrimary('nonsense')).toThrow(/EINVAL.*not an IP address/);
    expect(() => a.setPrimary(5 as never)).toThrow(/EINVAL/);
    expect(() => a.setPeerPrimary('10.0.1.2')).toThrow(/EINVAL: setPeerPrimary: 10.0.1.2 is none of the association's/);
    await a.close();
    expect(() => a.setPrimary('10.0.1.2')).toThrow(/ENOTCONN/);
    expect(() => a.setPeerPrimary('10.0.1.1')).toThrow(/ENOTCONN/);
  }));

test('setPeerPrimary is EOPNOTSUPP if the peer does not support dynamic addresses', () =>
  withTwoStacks(async (stacks) => {
    const listener = stacks.server.socket();
    listener.setOption('dynamicAddresses', false);
    listener.bindx([{ address: '::', port: 5001 }]);
    listener.listen();
    const a = await stacks.client.socket().connect({ address: '10.0.1.2', port: 5001 });
    expect(() => a.setPeerPrimary('10.0.2.1')).toThrow(/EOPNOTSUPP/);
  }));
