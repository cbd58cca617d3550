import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type UdpOptions, udp } from '../../src/udp.js';

describe('options', () => {
  test.each([
    ['port', { port: 65_536 }],
    ['port', { port: -1 }],
    ['port', { port: 1.5 }],
    ['encapsulationPort', { encapsulationPort: 0 }],
    ['mtu', { mtu: 511 }],
    ['receiveBufferBytes', { receiveBufferBytes: 0 }],
    ['sendBufferBytes', { sendBufferBytes: Number.NaN }],
    ['busyPollUs', { busyPollUs: -1 }],
    ['busyPollUs', { busyPollUs: 1001 }],
    ['include', { include: '192.0.2.0/33' }],
    ['include', { include: ['eth0', '10.0.0.1.2'] }],
    ['include', { include: '' }],
    ['exclude', { exclude: 'wifi/5' }],
    ['exclude', { exclude: [1] as unknown as string[] }],
    ['watch', { watch: 1 as unknown as boolean }],
    ['addresses', { addresses: [] }],
    ['addresses', { addresses: ['224.0.0.1'] }],
    ['addresses', { addresses: ['ff02::1'] }],
    ['addresses', { addresses: ['fe80::1'] }],
    ['addresses', { addresses: ['2001:db8::1%eth0'] }],
    ['addresses', { addresses: ['10.0.0.1%eth0'] }],
  ])('a bad `%s` is EINVAL: %o', (option, options) => {
    expect(() => udp(options)).toThrow(expect.objectContaining({ name: 'SctpError', code: 'EINVAL' }));
    expect(() => udp(options)).toThrow(option);
  });

  test('an option that does not exist is a TypeError, which names the one that is meant', () => {
    expect(() => udp({ prot: 0 } as UdpOptions)).toThrow(
      new TypeError("udp: there is no option 'prot': did you mean 'port'?"),
    );
  });

  test('whatever the options, udp() gives a transport or throws EINVAL', () => {
    const value = fc.anything({ withNullPrototype: true });
    const addresses = fc.oneof(value, fc.array(value));
    const anything = fc.record(
      {
        addresses,
        include: value,
        exclude: value,
        watch: value,
        port: value,
        encapsulationPort: value,
        mtu: value,
        busyPollUs: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anything, (options) => {
        try {
          udp(options as UdpOptions);
        } catch (error) {
          expect(error).toMatchObject({ code: 'EINVAL' });
        }
      }),
    );
  });
});
