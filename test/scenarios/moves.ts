import { canonicalAddress } from '../../src/address.js';
import type { TestNetwork } from '../../src/testing.js';
import { Dice, type Plan, planOf } from './plan.js';
import type { Actor } from './play.js';

const SIDES = ['client', 'server'] as const;
type Side = (typeof SIDES)[number];

/** An address that goes, or comes, and after a while is as it was. Those of one address follow each other. */
export interface Move {
  /** The host loses it; the socket gives it up, and the host keeps it; or the host gets another one beside it. */
  readonly kind: (typeof KINDS)[number];
  readonly side: Side;
  /** Which of that end's addresses. */
  readonly address: number;
  readonly pauseMs: number;
  readonly durationMs: number;
}

const KINDS = ['gone', 'given up', 'another'] as const;
const MOVERS = ['client', 'server', 'both'] as const;

/**
 * The scenario of a seed, in which addresses come and go: all those of one end, or at both ends all but a path that
 * stays, as two ends that move at once may lose each other.
 */
export function movingPlanOf(seed: number | string): Plan {
  const plan = planOf(seed);
  const dice = new Dice(seed, 'moves');
  const mover = dice.pick(MOVERS);
  const home =
    mover === 'both' ? dice.integer(0, Math.min(plan.client.addresses.length, plan.server.addresses.length) - 1) : -1;
  const moves = dice.list(dice.integer(1, 8), () => moveOf(dice, plan, mover));
  return {
    ...plan,
    client: { ...plan.client, isBound: dice.chance(0.5) },
    server: { ...plan.server, isBound: dice.chance(0.5) },
    moves: moves.filter(({ address, kind }) => address !== home || kind === 'another'),
  };
}

function moveOf(dice: Dice, plan: Plan, mover: (typeof MOVERS)[number]): Move {
  const side = mover === 'both' ? dice.pick(SIDES) : mover;
  return {
    kind: dice.pick(KINDS),
    side,
    address: dice.integer(0, plan[side].addresses.length - 1),
    pauseMs: dice.pick([10, 100, 1000, 5000]) * dice.next(),
    durationMs: dice.pick([10, 300, 2000, 20_000]) * (0.5 + dice.next()),
  };
}

/** Moves the addresses of both ends as planned; resolves when all are as they were. */
export async function move(network: TestNetwork, moves: readonly Move[], ends: Record<Side, Actor>): Promise<void> {
  const one = async ({ kind, side, address, pauseMs, durationMs }: Move) => {
    const actor = ends[side];
    await network.advance(pauseMs);
    const back = perform(kind, actor, canonicalAddress(actor.plan.addresses[address] ?? '', 'move'));
    await network.advance(durationMs);
    back();
  };
  const chains = new Map<string, Promise<void>>();
  for (const each of moves) {
    const of = `${each.side} ${each.address}`;
    chains.set(
      of,
      (chains.get(of) ?? Promise.resolve()).then(() => one(each)),
    );
  }
  await Promise.all(chains.values());
}

function perform(kind: Move['kind'], { host, socket, isBoundByName }: Actor, address: string): () => unknown {
  switch (kind) {
    case 'gone':
      host.addressDown(address);
      return () => host.addressUp(address);
    case 'given up':
      // The last one can't be given up, and a socket whose association has ended would be bound anew.
      if (!isBoundByName || socket.localEndpoints.length < 2 || !socket.associations.length) return () => undefined;
      socket.removeLocal([{ address }]);
      return () => socket.associations.length > 0 && socket.addLocal([{ address }]);
    case 'another': {
      const other = `${address}9`;
      host.addressUp(other);
      return () => host.addressDown(other);
    }
  }
}
