import { describe, expect, test } from 'vitest';
import { type AddressFilter, WildcardFilter } from '../../src/transport/udp/filter.js';
import type { LocalNetwork } from '../../src/transport/udp/interfaces.js';
import { isWithin, parsePrefix } from '../../src/transport/udp/prefix.js';
import { started } from './fixture.js';

/** Networks from `interface address` lines. */
function networks(...lines: string[]): LocalNetwork[] {
  return lines.map((line) => {
    const [interfaceName = '', address = ''] = line.split(/ (?=\S+$)/);
    return { address, prefixBits: 24, interfaceName };
  });
}

function chosen(of: LocalNetwork[], include?: AddressFilter[], exclude?: AddressFilter[]): string[] {
  return new WildcardFilter(include, exclude).choose(of).map(({ address }) => address);
}

const LAPTOP = networks(
  'lo 127.0.0.1',
  'lo ::1',
  'wlan0 192.0.2.7',
  'wlan0 2001:db8::7',
  'wlan0 169.254.3.4',
  'tun0 10.8.0.2',
  'docker0 172.17.0.1',
  'br-0123456789ab 172.18.0.1',
);

describe('by default a wildcard doesn’t stand for', () => {
  test('link-local addresses and the networks of containers; VPNs and loopback it does', () => {
    expect(chosen(LAPTOP)).toEqual(['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7', '10.8.0.2']);
  });

  test.each([
    ...['docker0', 'docker_gwbridge', 'br-0123456789ab', 'podman0', 'cni-podman1', 'veth1a2b3c4', 'cni0', 'cbr0'],
    ...['flannel.1', 'cali0123456789a', 'tunl0', 'cilium_host', 'weave', 'kube-ipvs0', 'lxcbr0', 'lxdbr0', 'incusbr0'],
    ...['virbr0', 'virbr0-nic', 'vnet3', 'vboxnet0', 'vmnet8', 'VirtualBox Host-Only Network', 'bridge100'],
    ...['vEthernet (WSL)', 'vEthernet (WSL (Hyper-V firewall))', 'vEthernet (Default Switch)'],
  ])('the addresses of %s', (name) => {
    expect(chosen(networks('eth0 192.0.2.1', `${name} 172.17.0.1`))).toEqual(['192.0.2.1']);
  });

  test.each([
    ...['eth0', 'enp3s0', 'wlan0', 'wg0', 'tun0', 'tailscale0', 'br0', 'br-lan', 'bond0', 'en0', 'utun3', 'bridge0'],
    ...['Wi-Fi', 'Ethernet 2', 'vEthernet (External)', 'dockerlan', 'cnible0'],
  ])('but it does for those of %s', (name) => {
    expect(chosen(networks('eth9 192.0.2.1', `${name} 192.0.2.2`))).toEqual(['192.0.2.1', '192.0.2.2']);
  });
});

describe('a machine with nothing but a veth device, such as the inside of a container,', () => {
  const inside = networks('lo 127.0.0.1', 'veth0 10.0.0.2');

  test('uses its addresses, also after the device was down', () => {
    const filter = new WildcardFilter(undefined);
    const choose = (of: LocalNetwork[]) => filter.choose(of).map(({ address }) => address);
    expect(choose(inside)).toEqual(['127.0.0.1', '10.0.0.2']);
    expect(choose(networks('lo 127.0.0.1'))).toEqual(['127.0.0.1']);
    expect(choose(inside)).toEqual(['127.0.0.1', '10.0.0.2']);
  });

  test('doesn’t use them any more once it has had another address', () => {
    const filter = new WildcardFilter(undefined);
    const choose = (of: LocalNetwork[]) => filter.choose(of).map(({ address }) => address);
    choose(networks('docker0 172.17.0.1', 'wlan0 192.0.2.7'));
    expect(choose(networks('docker0 172.17.0.1'))).toEqual([]);
  });
});

describe('include and exclude', () => {
  test.each<[string, AddressFilter[], string[]]>([
    ['a network', ['192.0.2.0/24'], ['192.0.2.7']],
    ['an IPv6 network', ['2001:db8::/32'], ['2001:db8::7']],
    ['an address', ['10.8.0.2'], ['10.8.0.2']],
    ['an interface', ['wlan0'], ['192.0.2.7', '2001:db8::7', '169.254.3.4']],
    ['an interface that is left out by default', ['docker0'], ['172.17.0.1']],
    ['a function', [(address, name) => address.startsWith('172.') && name !== 'docker0'], ['172.18.0.1']],
    ['several', ['tun0', '172.16.0.0/12'], ['10.8.0.2', '172.17.0.1', '172.18.0.1']],
    ['nothing that fits', ['eth7'], []],
  ])('include: %s', (_, include, expected) => {
    expect(chosen(LAPTOP, include)).toEqual(expected);
  });

  test('exclude takes away from the default', () => {
    expect(chosen(LAPTOP, undefined, ['tun0', '::/0'])).toEqual(['127.0.0.1', '192.0.2.7']);
  });

  test('exclude decides if both match', () => {
    expect(chosen(LAPTOP, ['wlan0'], ['169.254.0.0/16'])).toEqual(['192.0.2.7', '2001:db8::7']);
  });

  test('a network matches addresses of its own family only', () => {
    expect(chosen(networks('eth0 0.0.0.1', 'eth0 ::1'), ['::/0'])).toEqual(['::1']);
  });

  test('udp() applies them to wildcards, not to listed addresses', async () => {
    const { transport: loopback } = await started({ addresses: ['0.0.0.0'], include: '127.0.0.0/8' });
    expect(loopback.addresses).toEqual(['127.0.0.1']);
    const { transport: listed } = await started({
      addresses: ['127.0.0.2', '::'],
      exclude: ['127.0.0.0/8', () => true],
    });
    expect(listed.addresses).toEqual(['127.0.0.2']);
  });

  test('an error that a filter throws rejects start', async () => {
    const exclude = () => {
      throw new Error('my own fault');
    };
    await expect(started({ addresses: ['0.0.0.0'], exclude })).rejects.toThrow('my own fault');
  });
});

test('networks are parsed as RFC 4632 and RFC 4291 write them', () => {
  expect(parsePrefix('10.0.0.0/8')).toEqual({ address: '10.0.0.0', bits: 8 });
  expect(parsePrefix('2001:DB8::/32')).toEqual({ address: '2001:db8::', bits: 32 });
  expect(parsePrefix('::ffff:192.0.2.0/120')).toEqual({ address: '192.0.2.0', bits: 24 });
  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0/8', '::/129', '::ffff:1.2.3.4/95', 'eth0', '', '/8']) {
    expect(parsePrefix(text)).toBeUndefined();
  }
  expect(isWithin('10.255.0.1', { address: '10.0.0.0', bits: 8 })).toBe(true);
  expect(isWithin('11.0.0.1', { address: '10.0.0.0', bits: 8 })).toBe(false);
  expect(isWithin('11.0.0.1', { address: '0.0.0.0', bits: 0 })).toBe(true);
});
