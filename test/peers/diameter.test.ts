import { afterEach, expect, test } from 'vitest';
import type { Association, Socket } from '../../src/index.js';
import { WAIT } from '../support/udp-host.js';
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
 * Four associations at once: we connect to both nodes, and both connect to us. They send a watchdog after about 6 s of
 * silence, which is as often as RFC 3539 allows; a node that hasn't answered by the next one is suspect.
 */
test('freeDiameter and Erlang suspect no node during a minute of Diameter whose primary path is cut', {
  timeout: 240_000,
}, async () => {
  const stack = await ours();
  const freeDiameter = new GuestProgram('freeDiameterd -c /etc/freeDiameter/freeDiameter.conf');
  await freeDiameter.printed(/daemon initialized/);
  const erlang = new GuestProgram('erl -noinput -pa /erlang -s base_node main');
  await erlang.printed(/^listening/m);
  const server = listening(stack, 3868);
  const nodes = [await served(server), await served(server)];
  for (const port of [3868, 3869]) {
    const node = new DiameterNode(await stack.socket().connectx(guest(port), WAIT), 'client.test');
    expect(await node.request('capabilities')).toBe(SUCCESS);
    nodes.push(node);
  }
  const associations = nodes.map(({ association }) => association);

  cutPrimary(associations);
  const results = await Promise.all(nodes.map(watchdogs));
  for (const result of results) expect(result).toEqual(new Set([SUCCESS]));
  for (const node of nodes) expect(node.answered.watchdog).toBeGreaterThanOrEqual(4);
  for (const { output } of [freeDiameter, erlang]) expect(output).not.toMatch(/suspect/i);

  for (const node of nodes) expect(await node.request('disconnect')).toBe(SUCCESS);
  await Promise.all(associations.map((association) => association.close(WAIT)));
  await Promise.all(nodes.map(({ ended }) => ended));
  for (const { ppids } of nodes) expect([...ppids]).toEqual([0]); // RFC 6733 §2.1.1 specifies 46
});

/** Accepts a peer that connects, and answers its capabilities. */
async function served(server: Socket): Promise<DiameterNode> {
  return new DiameterNode(await server.accept(WAIT), 'server.test').introduced();
}

/** Cuts the primary path of both, which is the first address in the list of the connecting end. */
function cutPrimary(associations: readonly Association[]): void {
  for (const association of associations) {
    expect(association.paths().find(({ primary }) => primary)?.address).toMatch(/^10\.201\.1\./);
  }
  cut(1);
}

/** Sends watchdogs for a minute and resolves with the result codes. */
async function watchdogs(node: DiameterNode): Promise<Set<number>> {
  const results = new Set<number>();
  for (const end = performance.now() + MINUTE_MS; performance.now() < end; ) {
    results.add(await node.request('watchdog'));
    await new Promise((resolve) => setTimeout(resolve, 12_000));
  }
  return results;
}
