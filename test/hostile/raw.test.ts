import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sysctls } from '../../src/generated/sysctls.js';
import * as raw from '../../src/raw.js';
import { scenario } from '../../src/simulated.js';
import { connected } from '../raw/fixture.js';
import { anything, type Probe, probe, tryAll } from './probe.js';
import { exportsOf } from './surface.js';

/** The functions of usrsctp's API. */
function functionsOf(usrsctp: raw.Usrsctp): string[] {
  return Object.keys(usrsctp)
    .filter((name) => name.startsWith('usrsctp_'))
    .sort();
}

test('no argument of a C function does harm: it returns an error or throws a TypeError, and usrsctp keeps working', () =>
  scenario({ seed: 1, limitMs: 1e7 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    const spare = client.usrsctp_socket(raw.AF_INET, raw.SOCK_SEQPACKET, raw.IPPROTO_SCTP);
    const names = functionsOf(client);
    expect(names.length).toBe(39 - 2 + 2 * sysctls.length); // usrsctp_init() and usrsctp_init_nothreads() are the module's
    const handle = fc.constantFrom<unknown>(spare, null, 0, -1, 2 ** 31, 0x7fff0001);
    const notLive = anything.filter((value) => value !== so && value !== accepted);
    const given = [anything, anything, anything, anything, anything, anything];
    // The first argument is a socket or any value; the others are any values.
    const probes: Record<string, Probe> = Object.fromEntries(
      names.map((name) => [
        name,
        { args: fc.oneof(fc.tuple(handle, ...given), fc.tuple(notLive, ...given)) as Probe['args'] },
      ]),
    );
    // It ends usrsctp, and fails as long as there is a socket.
    probes['usrsctp_finish'] = probe([anything], () => expect(client.usrsctp_finish()).toBe(-1));
    // Any integer is a valid argument of these, and affects all later calls.
    for (const name of names.filter((each) => /_(sysctl|tunable)_set_/.test(each))) {
      probes[name] = probe([anything.filter((value) => !Number.isInteger(value))]);
    }
    await tryAll('Usrsctp', client, names, probes);
    await network.advance(1000);
    expect(client.usrsctp_sendv(so, new TextEncoder().encode('still here'))).toBe(10);
    await network.advance(1000);
    const received = server.usrsctp_recvv(accepted, 100);
    expect(received !== -1 && new TextDecoder().decode(received.data)).toBe('still here');
  }));

test('no argument of the module’s own exports does harm', () =>
  tryAll('usrsctp-wasm/raw', raw, exportsOf(raw), {
    usrsctp_init: probe([anything]),
    usrsctp_init_nothreads: probe([anything]),
    sctp_notification: probe([anything]),
    htonl: probe([anything]),
    htons: probe([anything]),
    ntohl: probe([anything]),
    ntohs: probe([anything]),
  }));
