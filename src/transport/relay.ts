import { type Address, addressBytes, familyOf } from '../address.js';
import { checkType } from '../arguments.js';
import { SctpError } from '../errors.js';
import { checkPackets, type Packet } from '../packet.js';
import type { Refused, UdpEndpoint } from '../relay/codec.js';
import type { Datagram } from '../relay/datagrams.js';
import { LruMap } from '../relay/lru-map.js';
import { checkHost } from './host.js';
import { probedSizes } from './path-mtu.js';
import { AnswerRoutes } from './relay/answers.js';
import { quotedReason, REFUSAL_CODES } from './relay/errors.js';
import { LimitRefusals } from './relay/limit-refusals.js';
import { Link, type LinkEvents } from './relay/link.js';
import { parseOptions, type RelayOptions, type RelaySettings } from './relay/options.js';
import { watchPage } from './relay/page.js';
import { Routes } from './relay/routes.js';
import { ChosenTags } from './relay/tags.js';
import { runtimeWebSocket, type WebSocketConstructor } from './relay/websocket.js';
import type { Route, Transport, TransportHost } from './transport.js';
import { fragmentable } from './udp/fragmentable.js';
import { UnreachableReports } from './udp/unreachable.js';

export type { RelayEndpoint, RelayOptions, Ticket } from './relay/options.js';

/** The state of one relay. */
export interface RelayStatus {
  /** The relay's URL. */
  readonly url: string;
  /** `waiting`: lost or refused, and will be tried again; `draining`: the relay is shutting down. */
  readonly state: 'connecting' | 'up' | 'draining' | 'waiting' | 'closed';
  /** Our public UDP addresses at this relay; they are kept for a while after the connection was lost. */
  readonly addresses: readonly UdpEndpoint[];
  /** Why the state isn't `up`. */
  readonly error?: SctpError;
}

/** The transport that {@link relay} returns. */
export interface RelayTransport extends Transport {
  readonly encapsulationPort: number;
  /** The state of each relay. */
  readonly relays: readonly RelayStatus[];
  /** Packets dropped on this side, because a connection was full or lost, or there was no route. */
  readonly dropped: number;
  route(destination: Address): Route | undefined;
}

/**
 * SCTP through relays, for runtimes without UDP: browsers, workers, edge runtimes. Each relay allocates public UDP
 * addresses for us and carries our packets over a WebSocket. Several relays are several local addresses, and so several
 * paths. Throws EINVAL that names the option if one is invalid.
 *
 * `start` resolves when each relay has allocated addresses or failed, and rejects if all have failed: EACCES (ticket),
 * EPERM (origin), EPROTOTYPE (version), ENOBUFS (limit), ETIMEDOUT, ECONNREFUSED, ENETDOWN. A relay that is lost later is
 * tried again. Until it is back no packets go through it, and after `lingerMs` its addresses are removed.
 *
 * @example
 * const relays = ['wss://a.example/relay', 'wss://b.example/relay'].map((url) => ({ url, ticket }));
 * const stack = await Stack.create({ transport: relay({ relays }) });
 */
export function relay(options: RelayOptions): RelayTransport {
  return new Relay(parseOptions(options));
}

const DEFAULT_MTU = 1500;
/** Peers that all relays let in: as many as a relay allows by default. */
const MAX_PEERS = 32;
/** The lowest UDP port to ask for: lower ones are well-known (RFC 6335 §6). */
const MIN_PORT = 1024;

/** How a packet is sent. Usually the next packet is sent in the same way. */
interface SendPath {
  readonly link: Link;
  readonly local: number;
  readonly peer: UdpEndpoint;
}

function hasSamePath(one: Packet, other: Packet): boolean {
  return one.destination === other.destination && one.source === other.source && one.port === other.port;
}

class Relay implements RelayTransport {
  readonly encapsulationPort: number;
  readonly #settings: RelaySettings;
  readonly #peers = new LruMap<string, UdpEndpoint>(MAX_PEERS);
  readonly #tags = new ChosenTags();
  readonly #answers = new AnswerRoutes<Link>();
  readonly #reports: UnreachableReports;
  readonly #limits = new LimitRefusals();
  #links: readonly Link[] = [];
  #routes: Routes<Link> = new Routes<Link>([]);
  #host: TransportHost | undefined;
  #state: 'new' | 'starting' | 'up' | 'closed' = 'new';
  #closing: Promise<void> | undefined;
  #unroutable = 0;
  #endWatch = (): void => {};

  constructor(settings: RelaySettings) {
    this.#settings = settings;
    this.encapsulationPort = settings.encapsulationPort;
    this.#reports = new UnreachableReports(settings.clock, (...report) => {
      if (this.#state === 'up') this.#host?.unreachable(...report);
    });
  }

  get addresses(): readonly Address[] {
    if (this.#state !== 'up') return [];
    const listed = this.#links.flatMap((link) =>
      link.addresses.map(({ address }) => address).filter((address) => !this.#isLeft(link, address)),
    );
    return [...new Set(listed)];
  }

  get mtu(): number {
    const known = this.#links.flatMap(({ mtu }) => mtu ?? []);
    return known.length > 0 ? Math.min(...known) : DEFAULT_MTU;
  }

  get relays(): readonly RelayStatus[] {
    if (this.#links.length === 0) {
      const state = this.#state === 'closed' ? 'closed' : 'waiting';
      return this.#settings.relays.map(({ url }) => ({ url, state, addresses: [] }));
    }
    return this.#links.map(({ url, state, addresses, error }) => {
      return { url, state, addresses, ...(error !== undefined && { error }) };
    });
  }

  get dropped(): number {
    return this.#links.reduce((sum, { dropped }) => sum + dropped, this.#unroutable);
  }

  /** May be called again after it has failed. */
  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    if (this.#state === 'closed') throw closedError();
    if (this.#state !== 'new') throw startedError();
    this.#state = 'starting';
    try {
      await this.#open(this.#settings.WebSocket ?? (await runtimeWebSocket()));
      if (this.#closing !== undefined) throw closedError();
      if (!this.#links.some(({ isUp }) => isUp)) throw startError(this.#links);
    } catch (error) {
      await Promise.all(this.#links.map((link) => link.close()));
      if (this.#closing === undefined) this.#state = 'new';
      throw error;
    }
    this.#host = host;
    this.#state = 'up';
    this.#endWatch = watchPage({
      resumed: () => {
        for (const link of this.#links) link.wake();
      },
      suspended: () => {
        for (const link of this.#links) link.suspend();
      },
      left: () => {
        this.#host?.ending?.();
        void this.close();
      },
    });
  }

  route(destination: Address): Route | undefined {
    checkType(destination, 'string', 'the destination', 'route');
    const found = this.#state === 'up' ? this.#routes.find(destination) : undefined;
    return found && { source: found.source, ...probedSizes(found.relay.mtu ?? this.mtu) };
  }

  send(packets: readonly Packet[]): void {
    checkPackets(packets);
    const batches = new Map<Link, Datagram[]>();
    let last: Packet | undefined;
    let path: SendPath | undefined;
    for (const packet of packets) {
      this.#announce(packet.bytes);
      const back = this.#answers.find(packet);
      if (back !== undefined || last === undefined || !hasSamePath(packet, last)) {
        path = this.#pathOf(packet, back);
        last = back === undefined ? packet : undefined;
      }
      if (path === undefined) {
        this.#unroutable++;
        continue;
      }
      const { link, local, peer } = path;
      const batch = batches.get(link) ?? [];
      batch.push({ local, peer, bytes: packet.mayBeFragmented ? fragmentable(packet.bytes) : packet.bytes });
      batches.set(link, batch);
    }
    for (const [link, batch] of batches) link.send(batch);
  }

  /** `back`: the link that the packet answers, and its local address. */
  #pathOf(packet: Packet, back: { link: Link; source: Address } | undefined): SendPath | undefined {
    const link = this.#state === 'up' ? (back?.link ?? this.#linkOf(packet)) : undefined;
    if (link === undefined) return undefined;
    const { destination, port } = packet;
    const source = back?.source ?? packet.source;
    const peer = { address: destination, port: port || this.encapsulationPort };
    this.#permitEverywhere(peer);
    return { link, local: link.locals.findIndex(({ address }) => address === source), peer };
  }

  close(): Promise<void> {
    this.#state = 'closed';
    this.#endWatch();
    this.#closing ??= Promise.all(this.#links.map((link) => link.close())).then(() => {});
    return this.#closing;
  }

  /** Resolves when each relay has been tried once. */
  #open(WebSocket: WebSocketConstructor): Promise<void> {
    const { relays, random } = this.#settings;
    const chosen = new Uint16Array(1);
    random(new Uint8Array(chosen.buffer));
    const port = MIN_PORT + ((chosen[0] ?? 0) % (65_536 - MIN_PORT));
    return new Promise((resolve) => {
      const pending = new Set(relays.keys());
      this.#links = relays.map(({ url, ticket }, index) => {
        const attempted = () => {
          if (pending.delete(index) && pending.size === 0) resolve();
        };
        return new Link({
          url,
          ticket,
          port,
          WebSocket,
          settings: this.#settings,
          events: { ...this.#events, attempted },
        });
      });
      this.#routes = new Routes(this.#links);
      for (const link of this.#links) {
        if (this.#closing === undefined) link.open();
        else void link.close();
      }
    });
  }

  readonly #events: Omit<LinkEvents, 'attempted'> = {
    changed: (link) => this.#changed(link),
    returned: (link) => this.#returned(link),
    received: (link, datagrams) => this.#received(link, datagrams),
    refused: (link, refusal) => this.#refused(link, refusal),
  };

  /** The link of the route if that has the source address, or else any that has it. */
  #linkOf({ source, destination }: Packet): Link | undefined {
    if (addressBytes(destination)?.length !== addressBytes(source)?.length) return undefined;
    const found = this.#routes.find(destination);
    if (found?.source === source) return found.relay;
    return this.#links.find(({ locals }) => locals.some(({ address }) => address === source));
  }

  /**
   * An address of a relay that is shutting down isn't listed any more if another relay can be used instead. So the peer is told
   * by ASCONF not to use it, while the relay still carries what is under way.
   */
  #isLeft(link: Link, address: Address): boolean {
    if (!link.isLeaving) return false;
    const others = this.#links.filter((each) => each.isUp && !each.isLeaving);
    return others.some(({ locals }) => locals.some((local) => familyOf(local.address) === familyOf(address)));
  }

  /** A peer may send to any of our addresses, so all relays must let in its datagrams. */
  #permitEverywhere(peer: UdpEndpoint): void {
    const key = `${peer.address} ${peer.port}`;
    if (this.#peers.get(key) !== undefined) return;
    this.#peers.set(key, peer);
    for (const link of this.#links) link.permit([peer]);
  }

  /** Packets of an association may arrive through any relay, and each lets in only those whose tags it knows. */
  #announce(bytes: Uint8Array): void {
    const chosen = this.#tags.add(bytes);
    if (chosen !== undefined) for (const link of this.#links) link.announce([chosen]);
  }

  #returned(link: Link): void {
    this.#routes.clearRefusals(link);
    link.announce(this.#tags.all);
    link.permit([...this.#peers.values()]);
    if (this.#state === 'up') this.#host?.changed(link.locals.map(({ address }) => address));
  }

  #changed(link: Link): void {
    if (this.#state !== 'up') return;
    this.#host?.changed();
    if (link.isUp) return;
    for (const destination of this.#routes.preferring(link)) {
      if (this.#routes.find(destination) === undefined) this.#reports.add(destination, 'ENETDOWN');
    }
  }

  #received(link: Link, datagrams: readonly Datagram[]): void {
    if (this.#state !== 'up') return;
    const { locals } = link;
    const packets = datagrams.flatMap(({ local, peer, bytes }): Packet[] => {
      const destination = locals[local]?.address;
      if (destination === undefined) return [];
      this.#tags.used(bytes);
      this.#answers.arrived(peer.address, link, destination);
      return [{ source: peer.address, destination, port: peer.port, trafficClass: 0, bytes }];
    });
    if (packets.length > 0) this.#host?.receive(packets);
  }

  /**
   * Another relay may allow the destination. After a `limit` the route stays: the limit is for the destination, and is usually over
   * when the stack sends its INIT again.
   */
  #refused(link: Link, { peer, reason, text }: Refused): void {
    if (this.#state !== 'up') return;
    const { address } = peer;
    if (reason === 'taken' && this.#host?.portTaken?.(address)) return;
    if (reason !== 'limit' && this.#routes.refused(address, link)) return this.#host?.changed();
    if (reason === 'limit' && !this.#limits.add(address, this.#settings.clock.now())) return;
    this.#reports.add(address, REFUSAL_CODES[reason], `the relay says: ${quotedReason(text)}`);
  }
}

/** Why no relay could be used; the code is that of the first relay's error. */
function startError(links: readonly Link[]): SctpError {
  const errors = links.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  const text = errors.map(({ message }) => message).join('; ');
  const details = { syscall: 'start', cause: errors.length > 1 ? new AggregateError(errors, text) : first };
  return new SctpError(first?.code ?? 'ENETDOWN', `no relay can be used: ${text}`, details);
}

function closedError(): SctpError {
  return new SctpError('ENETDOWN', 'the relay transport is closed: create another one', { syscall: 'start' });
}

function startedError(): SctpError {
  const message = 'the relay transport has already been started: create one for each stack';
  return new SctpError('EALREADY', message, { syscall: 'start' });
}
