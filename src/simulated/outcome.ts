/** What happened to a packet. */
export type PacketOutcome =
  | 'in flight'
  | 'delivered'
  /** Lost at random, see `Conditions.loss`. */
  | 'lost'
  /** The link's queue was full, see `Conditions.rateBps`, or too many packets were held. */
  | 'queue full'
  /** Larger than `Conditions.mtu`; or larger than the sender's MTU, and not fragmented as INIT, INIT ACK and COOKIE ECHO are. */
  | 'too big'
  /** A filter dropped it. */
  | 'filtered'
  /** See `Network.hold`. */
  | 'held'
  /** See `Network.partition`. */
  | 'partitioned'
  /** No host has the destination address. */
  | 'no host'
  /** The destination host has crashed. */
  | 'host down'
  /** The source or destination address is not up on its host. */
  | 'address down'
  /** No transport has been started there, or it listens on another UDP port. */
  | 'nobody listens'
  /** One end encapsulates SCTP in UDP and the other doesn't. */
  | 'wrong encapsulation'
  /** A NAT had no mapping for the packet, or couldn't create one. */
  | 'no NAT mapping';
