import promClient from 'prom-client';
import { decodeRelayMessage, type RelayMessage, type UdpEndpoint } from '../../src/relay/codec.js';
import { Destinations } from '../../src/relay/destinations.js';
import type { ClientConnection } from '../../src/relay/inbound.js';
import { parseLimits, type RelayLimits } from '../../src/relay/limits.js';
import { Metrics } from '../../src/relay/metrics.js';
import { Policy, parseRule } from '../../src/relay/policy.js';
import { PortReservations } from '../../src/relay/port-reservations.js';
import { Session } from '../../src/relay/session.js';
import { SharedRate } from '../../src/relay/shaper.js';
import { UnansweredLimit } from '../../src/relay/unanswered-limit.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';

export const PEER: UdpEndpoint = { address: '8.8.8.8', port: 9899 };
export const LOCAL: UdpEndpoint = { address: '9.9.9.9', port: 50_000 };

/** The token that a session's client is given. */
export const TOKEN: Uint8Array = new Uint8Array(16).fill(3);

export class TestConnection implements ClientConnection {
  bufferedBytes = 0;
  readonly messages: RelayMessage[] = [];
  readonly raw: Uint8Array[] = [];
  readonly pings: Uint8Array[] = [];
  closed: { code: number; reason: string } | undefined;

  send(message: Uint8Array): void {
    this.raw.push(message);
    const decoded = decodeRelayMessage(message);
    if (decoded !== undefined) this.messages.push(decoded);
  }

  ping(payload: Uint8Array): void {
    this.pings.push(payload);
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  get datagrams(): number {
    return this.messages.reduce((sum, each) => sum + (each.type === 'datagrams' ? each.datagrams.length : 0), 0);
  }
}

/** A session in virtual time that records what it does. */
export function bench(changes: Partial<RelayLimits> = {}, bytesPerSecond = 1e9) {
  const clock = new VirtualClock();
  const limits = parseLimits(changes);
  const metrics = new Metrics(promClient);
  const sent: { peer: UdpEndpoint; bytes: Uint8Array }[] = [];
  const turns: (() => void)[] = [];
  const ends: string[] = [];
  const refusals: string[] = [];
  const state = { hasRoom: true, isOpen: true, isResting: false, isReachable: true, isReading: true };
  const ports = new PortReservations();
  const policy = new Policy([[parseRule('0.0.0.0/0:*')]], []);
  const unanswered = new UnansweredLimit(limits, clock);
  const session = new Session({
    subject: 'tester',
    ticket: 'ticket',
    allocation: {
      locals: [LOCAL],
      send: (_local, peer, bytes, done) => {
        if (!state.hasRoom) return false;
        sent.push({ peer, bytes });
        done(state.isReachable);
        return true;
      },
      close: (isResting) => {
        state.isOpen = false;
        state.isResting = isResting;
      },
    },
    destinations: new Destinations(policy, limits, unanswered),
    ports,
    limits,
    mtu: 1500,
    bytesPerSecond,
    totalRate: new SharedRate(1e9, clock),
    metrics,
    clock,
    defer: (callback) => turns.push(callback),
    refused: (peer, { reason }) => refusals.push(`${reason} ${peer.address}`),
    ended: (reason) => ends.push(reason),
  });
  const dropped = async (direction: 'in' | 'out', reason: string) => {
    const { values } = await metrics.dropped.get();
    return values.find(({ labels }) => labels.direction === direction && labels.reason === reason)?.value ?? 0;
  };
  const wire = new TestConnection();
  session.attach(wire, false, TOKEN);
  const send = (bytes: Uint8Array, peer = PEER) =>
    session.receive({ type: 'datagrams', datagrams: [{ local: 0, peer, bytes }] });
  const arrive = (bytes: Uint8Array, peer = PEER) => session.arrived(0, peer, bytes);
  const turn = () => {
    for (const callback of turns.splice(0)) callback();
    if (state.isReading) for (const payload of wire.pings.splice(0)) session.ponged(wire, payload);
  };
  return { clock, limits, ports, metrics, dropped, sent, turn, ends, refusals, state, session, wire, send, arrive };
}

/** Lets time pass for a connected client, which sends pings. */
export const pinging = async ({ clock, session }: ReturnType<typeof bench>, ms: number) => {
  for (let passed = 0; passed < ms; passed += 5000) {
    session.receive({ type: 'ping', value: 1 });
    await clock.advance(Math.min(5000, ms - passed));
  }
};
