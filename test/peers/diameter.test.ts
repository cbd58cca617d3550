import { afterEach, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { WAIT } from '../support/host.js';
import { DiameterNode } from './diameter.js';
import { GuestProgram } from './guest.js';
import { cut, heal } from './network.js';
import { endAll, guest, listening, ours } from './ours.js';

const MINUTE_MS = 60_000;
const SUCCESS = 2001;

afterEach(async () => {
  heal();
  await endAll();
});

/**
 * Four associations at once: we connect to both of them, and both connect to us. Each sends a watchdog about every 6 s in
 * each direction, which is as often as RFC 3539 allows; a node that isn't answered meanwhile is suspect.
 */
test('freeDiameter and Erlang see a minute of Diameter over a path that is cut, and suspect nobody', {
  timeout: 240_000,
}, async () => {
  const stack = await ours();
  const server = listening(stack, 3868);
  const freeDiameter = new GuestProgram('freeDiameterd -c /etc/freeDiameter/freeDiameter.conf');
  const erlang = new GuestProgram('erl -noshell -pa /erlang -s diameter_peer main');
  await Promise.all([freeDiameter.printed(/daemon initialized/), erlang.printed(/^listening/m)]);
  const accepted = [await server.accept(WAIT), await server.accept(WAIT)];
  const connected = [3868, 3869].map((port) => stack.socket().connectx(guest(port), WAIT));
  const associations = [...accepted, ...(await Promise.all(connected))];
  const nodes = associations.map((association, index) => {
    return new DiameterNode(association, index < accepted.length ? 'server.test' : 'client.test');
  });
  for (const node of nodes.slice(accepted.length)) expect(await node.request('capabilities')).toBe(SUCCESS);

  cutPrimary(associations);
  const results = await Promise.all(nodes.map(watchdogs));
  for (const result of results) expect(result).toEqual(new Set([SUCCESS]));
  for (const node of nodes) expect(node.answered.watchdog).toBeGreaterThanOrEqual(5);
  for (const { output } of [freeDiameter, erlang]) expect(output).not.toMatch(/suspect/i);

  for (const node of nodes) expect(await node.request('disconnect')).toBe(SUCCESS);
  await Promise.all(associations.map((association) => association.close(WAIT)));
});

/** Both begin with the primary path of the one that connects, which is the first address of a list. */
function cutPrimary(associations: readonly Association[]): void {
  for (const association of associations) {
    expect(association.paths().find(({ primary }) => primary)?.address).toMatch(/^10\.201\.1\./);
  }
  cut(1);
}

/** Sends watchdogs for a minute; resolves with the result codes. */
async function watchdogs(node: DiameterNode): Promise<Set<number>> {
  const results = new Set<number>();
  for (const end = performance.now() + MINUTE_MS; performance.now() < end; ) {
    results.add(await node.request('watchdog'));
    await new Promise((resolve) => setTimeout(resolve, 6000));
  }
  return results;
}
