/** What became of a packet. */
export type Fate =
  | 'in flight'
  | 'delivered'
  /** By chance, see `Conditions.loss`. */
  | 'lost'
  /** The link's queue was full, see `Conditions.rateBps`; or too many packets were held. */
  | 'queue full'
  /** Larger than `Conditions.mtu`, or than the sender's MTU and none that IP fragments: that is INIT, INIT ACK and COOKIE ECHO. */
  | 'too big'
  /** A filter dropped it. */
  | 'filtered'
  /** See `Network.hold`. */
  | 'held'
  | 'partitioned'
  /** Nobody has the destination address. */
  | 'no host'
  | 'host down'
  /** The source or destination address is no longer, or not yet, one of its host. */
  | 'address down'
  /** No transport has started there, or it isn't the UDP port that it listens on. */
  | 'nobody listens'
  /** UDP from a host that doesn't encapsulate, or plain SCTP from one that does. */
  | 'wrong encapsulation'
  /** A NAT had no mapping for it, or couldn't make one. */
  | 'no NAT mapping';
