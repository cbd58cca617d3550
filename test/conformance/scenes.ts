import { expect } from 'vitest';
import type { Association, Socket, SocketOptions } from '../../src/index.js';
import type { Chunk } from '../../src/wire/chunk.js';
import { FEATURES, type Initiation, ipv4, u8 } from '../support/packets.js';
import { chunksOf, ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { type Answer, LISTENING_PORT, TargetStack } from '../support/target-stack.js';

export interface SceneOptions {
  /** The target's addresses. */
  readonly addresses?: readonly string[];
  /** The peer's addresses, which its INIT or INIT ACK lists if there are several. */
  readonly peerAddresses?: readonly string[];
  /** Fields of the peer's INIT or INIT ACK. */
  readonly initiation?: Partial<Initiation>;
  readonly socket?: SocketOptions;
  /** Sets options of the socket before it listens or connects. */
  readonly prepare?: (socket: Socket) => void;
  readonly encapsulationPort?: number;
}

export interface Listening {
  readonly target: TargetStack;
  readonly peer: ScriptedPeer;
  readonly listener: Socket;
}

export interface Connecting {
  readonly target: TargetStack;
  readonly peer: ScriptedPeer;
  readonly socket: Socket;
  /** The INIT that the target has sent. */
  readonly init: Of<'INIT'>;
  /** `open`, or the code of the error. */
  readonly attempt: Promise<string>;
  readonly association: () => Promise<Association>;
}

export interface Established extends Listening {
  readonly association: Association;
}

type Body<S> = (scene: S) => Promise<void>;
type Test = () => Promise<void>;
/** A kind of scene: given a body, and options before it, it makes a test. */
type Scenes<S> = (...args: [body: Body<S>] | [options: SceneOptions, body: Body<S>]) => Test;

/** A target that listens, and a peer that has sent nothing yet. */
export const listening: Scenes<Listening> = (...args) => run(args, listen);

/** A target that has accepted an association, and has nothing more to say at once. */
export const established: Scenes<Established> = (...args) =>
  run(args, async (options) => {
    const scene = await listen(options);
    await scene.peer.connect(initiationOf(options));
    const association = await scene.listener.accept();
    await scene.target.answers();
    return { ...scene, association };
  });

/** A target that has sent INIT, which the peer has read. */
export const connecting: Scenes<Connecting> = (...args) =>
  run(args, async (options) => {
    const target = await newTarget(options);
    const peer = newPeer(target, options);
    const socket = target.stack.socket(options.socket);
    options.prepare?.(socket);
    const association = socket.connect({ address: peer.way.source, port: peer.ownPort });
    const attempt = association.then(
      () => 'open',
      (error: { code: string }) => error.code,
    );
    const answers = await target.answers();
    const packet = answers[0]!;
    const init = packet.chunks[0]!;
    if (init.type !== 'INIT') throw new Error('no INIT');
    peer.targetTag = init.initiateTag;
    peer.targetTsn = init.initialTsn;
    peer.targetPort = packet.sourcePort;
    return { target, peer, socket, init, attempt, association: () => association };
  });

function run<S extends { readonly target: TargetStack }>(
  args: [body: Body<S>] | [options: SceneOptions, body: Body<S>],
  make: (options: SceneOptions) => Promise<S>,
): Test {
  const [options, body] = args.length === 1 ? [{}, args[0]] : args;
  return async () => {
    const scene = await make(options);
    await body(scene);
    await scene.target.close();
  };
}

const newTarget = ({ addresses, encapsulationPort }: SceneOptions) => TargetStack.create(addresses, encapsulationPort);

const newPeer = (target: TargetStack, { peerAddresses, encapsulationPort = 0 }: SceneOptions) =>
  new ScriptedPeer(target, { source: peerAddresses?.[0] ?? '10.0.0.2', port: encapsulationPort });

async function listen(options: SceneOptions): Promise<Listening> {
  const target = await newTarget(options);
  const { addresses = ['10.0.0.1'], socket, prepare } = options;
  const listener = target.stack.socket(socket);
  prepare?.(listener);
  listener.bindx(addresses.map((address) => ({ address, port: LISTENING_PORT })));
  listener.listen();
  return { target, peer: newPeer(target, options), listener };
}

export function initiationOf({ initiation = {}, peerAddresses = [] }: SceneOptions): Partial<Initiation> {
  const { parameters = FEATURES, ...fields } = initiation;
  return { ...fields, parameters: [...parameters, ...(peerAddresses.length > 1 ? peerAddresses.map(ipv4) : [])] };
}

/** Discards what the target has sent so far, sends a packet, and returns the answers. */
export async function ask(peer: ScriptedPeer, ...chunks: Uint8Array[]): Promise<readonly Answer[]> {
  await peer.target.answers();
  await peer.send(...chunks);
  return peer.target.answers();
}

type Of<T, C = Chunk> = C extends Chunk ? (T extends C['type'] ? C : never) : never;

/** The chunks of this type. */
export const only = <T extends Chunk['type']>(answers: readonly Answer[], type: T): Of<T>[] =>
  chunksOf(answers).filter((chunk) => chunk.type === type) as Of<T>[];

/** The first chunk of this type. */
export function one<T extends Chunk['type']>(answers: readonly Answer[], type: T): Of<T> {
  const [chunk] = only(answers, type);
  if (chunk === undefined) throw new Error(`no ${type}: ${typesOf(answers).join(', ') || 'nothing'}`);
  return chunk;
}

/** Checks that the target sends nothing before exactly that many ms, and returns what it sends then. */
export async function after(target: TargetStack, ms: number): Promise<readonly Answer[]> {
  await target.advance(ms - 1);
  const early = typesOf(await target.answers());
  expect(early, `before ${ms} ms`).toEqual([]);
  await target.advance(1);
  return target.answers();
}

/** The codes of the error causes of a chunk. */
export const causesOf = (chunk: Chunk): number[] => ('causes' in chunk ? chunk.causes.map(({ code }) => code) : []);

/** Checks that the association still works: a message is received and acknowledged. */
export async function expectAlive({ target, peer, association }: Established): Promise<void> {
  await target.answers();
  await peer.send(peer.message());
  await target.advance(300);
  const acknowledged = only(await target.answers(), 'SACK').map(({ cumulativeTsn }) => cumulativeTsn);
  expect(acknowledged).toContain(peer.tsn - 1);
  expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
}
