/**
 * The UDP ports of one address. When a client ends while its associations are alive, their peers go on sending to its
 * port until they give up. Another client must not get these packets, so the port isn't given to other subjects for a
 * while.
 */
export class UdpPorts {
  readonly #restMs: number;
  readonly #used = new Set<number>();
  /** In the order in which they end. */
  readonly #resting = new Map<number, { readonly subject: string; readonly untilMs: number }>();

  constructor(restMs: number) {
    this.#restMs = restMs;
  }

  get used(): number {
    return this.#used.size;
  }

  /** The number of ports that are kept for their last subject. */
  resting(nowMs: number): number {
    for (const [port, { untilMs }] of this.#resting) {
      if (untilMs > nowMs) break;
      this.#resting.delete(port);
    }
    return this.#resting.size;
  }

  isFree(port: number, subject: string, nowMs: number): boolean {
    if (this.#used.has(port)) return false;
    const resting = this.#resting.get(port);
    return resting === undefined || resting.subject === subject || resting.untilMs <= nowMs;
  }

  take(port: number): void {
    this.#used.add(port);
  }

  /**
   * `subject`: whose port it stays for a while. Without one, anybody may have it at once, unless it already was
   * somebody's.
   */
  giveBack(port: number, subject: string | undefined, nowMs: number): void {
    this.#used.delete(port);
    if (subject === undefined) return;
    this.#resting.delete(port);
    this.#resting.set(port, { subject, untilMs: nowMs + this.#restMs });
  }
}
