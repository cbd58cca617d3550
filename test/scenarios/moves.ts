import { canonicalAddress } from '../../src/address.js';
import type { TestNetwork } from '../../src/testing.js';
import { type Plan, planOf, RandomChoices } from './plan.js';
import type { Actor } from './play.js';

const SIDES = ['client', 'server'] as const;
type Side = (typeof SIDES)[number];

/** A temporary removal or addition of an address. The moves of an address follow each other. */
export interface Move {
  /** The host loses the address, the socket removes it while the host keeps it, or the host gets an additional one. */
  readonly kind: (typeof KINDS)[number];
  readonly side: Side;
  /** The index of the address at that end. */
  readonly address: number;
  readonly pauseMs: number;
  readonly durationMs: number;
}

const KINDS = ['gone', 'given up', 'another'] as const;
const MOVERS = ['client', 'server', 'both'] as const;

/**
 * The scenario of a seed in which addresses are removed and added: all addresses of one end, or those of both ends except
 * a path that stays, because two ends that change all addresses at once may lose each other.
 */
export function movingPlanOf(seed: number | string): Plan {
  const plan = planOf(seed);
  const random = new RandomChoices(seed, 'moves');
  const mover = random.pick(MOVERS);
  const home =
    mover === 'both' ? random.integer(0, Math.min(plan.client.addresses.length, plan.server.addresses.length) - 1) : -1;
  const moves = random.list(random.integer(1, 8), () => moveOf(random, plan, mover));
  return {
    ...plan,
    client: { ...plan.client, isBound: random.chance(0.5) },
    server: { ...plan.server, isBound: random.chance(0.5) },
    moves: moves.filter(({ address, kind }) => address !== home || kind === 'another'),
  };
}

function moveOf(random: RandomChoices, plan: Plan, mover: (typeof MOVERS)[number]): Move {
  const side = mover === 'both' ? random.pick(SIDES) : mover;
  return {
    kind: random.pick(KINDS),
    side,
    address: random.integer(0, plan[side].addresses.length - 1),
    pauseMs: random.pick([10, 100, 1000, 5000]) * random.next(),
    durationMs: random.pick([10, 300, 2000, 20_000]) * (0.5 + random.next()),
  };
}

/** Performs the planned moves of both ends; resolves when all addresses are restored. */
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
      // The last address can't be removed, and a socket whose association has ended would be bound anew.
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
