import { checkOptions, shown } from '../arguments.js';
import type { Names } from '../nearest-name.js';
import { type ChannelReliability, LONGEST_NAME, type OpenMessage } from './dcep.js';

/** How urgent the messages of a channel are, compared with those of the other channels (RFC 8831 §6.4). */
export type DataChannelPriority = 'very-low' | 'low' | 'medium' | 'high';

/** Options of `createDataChannel`: W3C's RTCDataChannelInit. */
export interface DataChannelInit {
  /** Are messages delivered in order? Default true. */
  readonly ordered?: boolean;
  /** How often a message is retransmitted before it is given up, 0 to 65,535. Default: until it is delivered. */
  readonly maxRetransmits?: number;
  /** For how many ms a message is transmitted and retransmitted, 0 to 65,535. Default: until it is delivered. */
  readonly maxPacketLifeTime?: number;
  /** The name of the protocol that the application speaks on the channel. Default: none, `''`. */
  readonly protocol?: string;
  /**
   * Both ends create the channel with the same `id`, and nothing is sent to open it. Default false: the other end is
   * told by a message, and gets the event `datachannel`.
   */
  readonly negotiated?: boolean;
  /** The stream identifier of a negotiated channel, 0 to 65,534. Ignored for others. */
  readonly id?: number;
  /** Default `low`, which RFC 8831 calls normal. */
  readonly priority?: DataChannelPriority;
}

/** What is known of a channel when it is made. */
export interface ChannelParameters {
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly reliability: ChannelReliability | undefined;
  readonly priority: DataChannelPriority;
  readonly negotiated: boolean;
  /** The id that was given, for a negotiated channel. */
  readonly id: number | undefined;
}

const INIT: Names<DataChannelInit> = {
  ordered: true,
  maxRetransmits: true,
  maxPacketLifeTime: true,
  protocol: true,
  negotiated: true,
  id: true,
  priority: true,
};

/** The most urgent first. */
export const PRIORITIES: readonly DataChannelPriority[] = ['high', 'medium', 'low', 'very-low'];

/** RFC 8831 §6.4: below normal, normal, high, extra high. */
const PRIORITY_NUMBERS: Readonly<Record<DataChannelPriority, number>> = {
  'very-low': 128,
  low: 256,
  medium: 512,
  high: 1024,
};

/** The largest stream identifier of a channel: 65,535 isn't a stream (RFC 8831 §6.5). */
const LARGEST_ID = 65_534;

const encoder = new TextEncoder();

/** Checks what a caller passed to `createDataChannel`. Throws TypeError. */
export function parametersOf(label: unknown, init: DataChannelInit): ChannelParameters {
  checkOptions(init, INIT, 'createDataChannel');
  if (label === undefined) throw wrong("give a label, such as ''");
  const { ordered = true, maxRetransmits, maxPacketLifeTime, protocol = '', negotiated = false, id } = init;
  const { priority = 'low' } = init;
  if (maxRetransmits !== undefined && maxPacketLifeTime !== undefined) {
    throw wrong('give maxRetransmits or maxPacketLifeTime, not both');
  }
  if (!Object.hasOwn(PRIORITY_NUMBERS, priority)) {
    throw wrong(`priority must be one of ${PRIORITIES.join(', ')}, not ${shown(priority)}`);
  }
  if (negotiated && id === undefined) throw wrong('a negotiated channel needs an id');
  return {
    label: nameOf(label, 'the label'),
    protocol: nameOf(protocol, 'the protocol'),
    ordered: Boolean(ordered),
    reliability: reliabilityOf(maxRetransmits, maxPacketLifeTime),
    priority,
    negotiated: Boolean(negotiated),
    id: negotiated ? within('id', id, LARGEST_ID) : undefined,
  };
}

/** What the peer's DATA_CHANNEL_OPEN says. */
export function parametersIn(open: OpenMessage): ChannelParameters {
  const { label, protocol, ordered, reliability } = open;
  const priority = PRIORITIES.findLast((name) => open.priority <= PRIORITY_NUMBERS[name]) ?? 'high';
  return { label, protocol, ordered, reliability, priority, negotiated: false, id: undefined };
}

/** The DATA_CHANNEL_OPEN of a channel. */
export function openMessageOf(parameters: ChannelParameters): Omit<OpenMessage, 'type'> {
  return { ...parameters, priority: PRIORITY_NUMBERS[parameters.priority] };
}

/** Of the label and the protocol together, in bytes of UTF-8. */
export function nameBytes({ label, protocol }: ChannelParameters): number {
  return encoder.encode(label).length + encoder.encode(protocol).length;
}

function reliabilityOf(retransmits: unknown, lifetime: unknown): ChannelReliability | undefined {
  if (retransmits !== undefined) return { retransmits: within('maxRetransmits', retransmits, 0xffff) };
  if (lifetime !== undefined) return { lifetimeMs: within('maxPacketLifeTime', lifetime, 0xffff) };
  return undefined;
}

function nameOf(value: unknown, what: string): string {
  const text = String(value);
  if (encoder.encode(text).length <= LONGEST_NAME) return text;
  throw wrong(`${what} is longer than ${LONGEST_NAME} bytes`);
}

function within(name: string, value: unknown, most: number): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most) return value as number;
  throw wrong(`${name} must be 0 to ${most}, not ${shown(value)}`);
}

function wrong(message: string): TypeError {
  return new TypeError(`createDataChannel: ${message}`);
}
