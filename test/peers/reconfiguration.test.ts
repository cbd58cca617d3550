import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WAIT } from '../support/udp-host.js';
import { setExtensions } from './kernel.js';
import { ENDS, endAll, nextEvent, pair, sent } from './ours.js';

const OPTIONS = { commands: ['allow-reset'], socket: { peerMayReset: 'association' } } as const;

beforeAll(() => setExtensions(true));
afterAll(() => setExtensions(false));
afterEach(endAll);

describe.each(ENDS)('over an association that %s set up with a Linux kernel', (connects) => {
  const resettable = async () => {
    const both = await pair(connects, OPTIONS);
    expect(both.association.setup.features).toContain('reconfiguration');
    return both;
  };

  test('we reset an outgoing and an incoming stream, whose SSNs restart at 0', async () => {
    const { association, peer } = await resettable();
    await association.send('before', { stream: 2 });
    await association.resetStreams({ outgoing: [2], ...WAIT });
    await peer.printed(/^streams reset incoming performed 2$/m);
    await association.send('after', { stream: 2 });
    await peer.printed(/^message stream=2 ppid=0 bytes=5$/m);

    await peer.command('send 3 0 100 2');
    for (const ssn of [0, 1]) expect(await association.receive(WAIT)).toMatchObject({ stream: 3, ssn });
    await association.resetStreams({ incoming: [3], ...WAIT });
    await peer.printed(/^streams reset outgoing performed 3$/m);
    await peer.command('send 3 0 100 1');
    expect(await association.receive(WAIT)).toMatchObject({ stream: 3, ssn: 0 });
  });

  test('the peer resets an outgoing and an incoming stream', async () => {
    const { association, peer } = await resettable();
    await peer.command('send 1 0 100 2');
    for (const ssn of [0, 1]) expect(await association.receive(WAIT)).toMatchObject({ stream: 1, ssn });
    const incoming = nextEvent(association, 'streamReset');
    await peer.command('reset outgoing 1');
    expect(await incoming).toMatchObject({ direction: 'incoming', outcome: 'performed', streams: [1] });
    await peer.printed(/^streams reset outgoing performed 1$/m);
    await peer.command('send 1 0 100 1');
    expect(await association.receive(WAIT)).toMatchObject({ stream: 1, ssn: 0 });

    await association.send('before', { stream: 4 });
    const outgoing = nextEvent(association, 'streamReset');
    await peer.command('reset incoming 4');
    expect(await outgoing).toMatchObject({ direction: 'outgoing', outcome: 'performed', streams: [4] });
    await association.send('after', { stream: 4 });
    await peer.printed(/^message stream=4 ppid=0 bytes=5$/m);
  });

  test('we reset the association, and messages continue in both directions', async () => {
    const { association, peer } = await resettable();
    await association.send('before');
    await association.resetAssociation(WAIT);
    await peer.printed(/^association reset performed$/m);
    await bothWays(association, peer);
  });

  test('the peer resets the association, and messages continue in both directions', async () => {
    const { association, peer } = await resettable();
    const reset = nextEvent(association, 'associationReset');
    await peer.command('reset-association');
    expect(await reset).toMatchObject({ outcome: 'performed' });
    await peer.printed(/^association reset performed$/m);
    await bothWays(association, peer);
  });

  test('each end adds streams and uses them', async () => {
    const { association, peer } = await resettable();
    await association.addStreams({ outbound: 2, ...WAIT });
    await peer.printed(/^streams added performed in=2 out=0$/m);
    await association.send('new', { stream: 11 });
    await peer.printed(/^message stream=11 ppid=0 bytes=3$/m);

    const added = nextEvent(association, 'streamChange');
    await peer.command('add-streams 3 0');
    expect(await added).toMatchObject({ outcome: 'performed' });
    await peer.command('send 12 0 100 1');
    expect(await association.receive(WAIT)).toMatchObject({ stream: 12 });
  });
});

async function bothWays(
  association: Awaited<ReturnType<typeof pair>>['association'],
  peer: Awaited<ReturnType<typeof pair>>['peer'],
): Promise<void> {
  for (let n = 0; n < 20; n++) await association.send(sent(5000, n));
  await peer.command('send 0 0 5000 20');
  for (let n = 0; n < 20; n++) expect((await association.receive(WAIT))?.data).toEqual(sent(5000, n));
  await peer.printed(/(message stream=0 ppid=0 bytes=5000.*?){20}/s);
  await association.close(WAIT);
}
