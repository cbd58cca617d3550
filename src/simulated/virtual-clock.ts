import { checkDuration, checkFiniteDuration, checkType } from '../arguments.js';
import { nextTurn } from '../clock.js';
import { checkAppointment, checkWait, type NetworkClock, NOBODY_WOKEN, type Pending } from './network-clock.js';
import { type Appointment, TimerQueue } from './timer-queue.js';

/** As long as a scenario may take unless it says otherwise: more than any of SCTP's give-up times, in virtual ms. */
const DEFAULT_LIMIT_MS = 600_000;
/** A loop of timers without delay would stop time for ever. */
const LONGEST_INSTANT = 100_000;
/** So many instants in a row may pass within one turn; the machine's own events get theirs in between. */
const QUIET_INSTANTS = 8;

/** What somebody waits for: that time passes, that nothing is left to happen, or that a promise settles. */
interface Goal {
  readonly kind: 'time' | 'idle' | 'promise';
  readonly deadlineMs: number;
  isReached: boolean;
  end(outcome: Outcome): void;
}

type Outcome = 'reached' | 'deadline' | 'idle' | { readonly error: unknown };

/**
 * Time that moves only when nothing else does.
 *
 * The rule: all that is due at one instant happens, in the order in which it was scheduled; then everything that woke
 * up runs, to the end of every chain of `await`s (see `nextTurn`); only then time jumps to the next instant. Where nobody
 * woke up (see `NOBODY_WOKEN`), it jumps at once. Real work — `WebAssembly.compile`, files, sockets — isn't covered by that: do
 * it before, or hand it to `standStill`.
 *
 * Time is moved by `advance`, `runUntil` and `runUntilIdle`. They may overlap: inside of code that one of them drives,
 * `await clock.advance(100)` simply waits for 100 virtual ms.
 */
export class VirtualClock implements NetworkClock {
  readonly #timers = new TimerQueue();
  #goals: readonly Goal[] = [];
  readonly #realWork = new Set<Promise<unknown>>();
  #nowMs: number;
  #isDriving = false;
  #turnsOfInstant = 0;

  constructor(nowMs: number = 0) {
    checkFiniteDuration(nowMs, 'the beginning', 'VirtualClock');
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    checkType(delayMs, 'number', 'the delay', 'schedule');
    const entry = this.at(this.#nowMs + Math.max(0, delayMs), callback);
    return () => this.#timers.remove(entry);
  }

  /** Calls back at a time of this clock; at the present instant when that is past. */
  at(timeMs: number, callback: () => unknown): Appointment {
    checkAppointment(timeMs, callback);
    return this.#timers.add(Math.max(timeMs, this.#nowMs), callback);
  }

  /** How many callbacks are waiting, and when the first is due. */
  get pending(): Pending {
    return { count: this.#timers.size, nextMs: this.#timers.nextMs };
  }

  /**
   * Lets virtual time pass: all that happens within `durationMs` has happened when it resolves. Rejects with RangeError for
   * Infinity: time can't get there.
   */
  async advance(durationMs: number): Promise<void> {
    checkFiniteDuration(durationMs, 'the duration', 'advance');
    await this.#pursue('time', this.#nowMs + durationMs);
  }

  /** Runs until nothing is scheduled any more. Rejects when that isn't so after `limitMs`: heartbeats never end. */
  async runUntilIdle(limitMs: number = DEFAULT_LIMIT_MS): Promise<void> {
    checkDuration(limitMs, 'the limit', 'runUntilIdle');
    if ((await this.#pursue('idle', this.#nowMs + limitMs)) !== 'deadline') return;
    throw new Error(`still not idle after ${limitMs} virtual ms: ${this.describePending()}`);
  }

  /**
   * Runs until a promise settles, and settles the same way; time stops at that instant. Rejects when it takes more
   * than `limitMs`, and at once when it can never settle because nothing is left to happen.
   */
  async runUntil<Value>(promise: PromiseLike<Value>, limitMs: number = DEFAULT_LIMIT_MS): Promise<Value> {
    checkWait(promise, limitMs);
    const outcome = await this.#pursue('promise', this.#nowMs + limitMs, promise);
    if (outcome === 'reached') return promise;
    const state = `the promise is unsettled at ${this.#nowMs.toFixed(3)} ms`;
    if (outcome === 'deadline') throw new Error(`${state}, the limit of ${limitMs} ms: ${this.describePending()}`);
    throw new Error(`${state}, and nothing is left to happen; does it wait for real work? Then use standStill()`);
  }

  /** Virtual time doesn't move before this real work is done, such as the compilation of a module. */
  async standStill<Value>(work: Promise<Value>): Promise<Value> {
    this.#realWork.add(work);
    try {
      return await work;
    } finally {
      this.#realWork.delete(work);
    }
  }

  /** What is waiting, in words. */
  describePending(): string {
    const { count, nextMs } = this.pending;
    return count === 0 ? 'nothing is scheduled' : `${count} scheduled, the next at ${nextMs.toFixed(3)} ms`;
  }

  #pursue(kind: Goal['kind'], deadlineMs: number, promise?: PromiseLike<unknown>): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const end = (outcome: Outcome) => {
        this.#goals = this.#goals.filter((each) => each !== goal);
        if (typeof outcome === 'object') reject(outcome.error);
        else resolve(outcome);
      };
      const goal: Goal = { kind, deadlineMs, isReached: false, end };
      const reached = () => {
        goal.isReached = true;
      };
      promise?.then(reached, reached);
      this.#goals = [...this.#goals, goal];
      if (!this.#isDriving) this.#drive();
    });
  }

  #drive(): void {
    this.#isDriving = this.#goals.length > 0;
    if (this.#isDriving) nextTurn(this.#onTurn);
  }

  /** Without a promise: there are two turns for each packet, there and back. */
  readonly #onTurn = (): void => {
    if (this.#realWork.size > 0) return void this.#finishRealWork();
    // Whoever has reached his goal goes on first: in the next turn.
    if (!this.#endReached()) this.#stepOrFail();
    this.#drive();
  };

  /** False: nobody has reached his goal. */
  #endReached(): boolean {
    let isAny = false;
    for (const goal of this.#goals) {
      if (!goal.isReached) continue;
      goal.end('reached');
      isAny = true;
    }
    return isAny;
  }

  /** What a callback throws fails everybody who waits for time. */
  #stepOrFail(): void {
    try {
      for (let left = QUIET_INSTANTS; left > 0 && this.#step() === NOBODY_WOKEN; ) left--;
    } catch (error) {
      endAll(this.#goals, { error });
    }
  }

  async #finishRealWork(): Promise<void> {
    await Promise.allSettled(this.#realWork);
    nextTurn(this.#onTurn);
  }

  /** On to the next instant at which something happens, or else to the nearest deadline. */
  #step(): typeof NOBODY_WOKEN | undefined {
    const { nextMs } = this.#timers;
    let deadlineMs = Number.POSITIVE_INFINITY;
    for (const goal of this.#goals) deadlineMs = Math.min(deadlineMs, goal.deadlineMs);
    if (nextMs <= deadlineMs && nextMs !== Number.POSITIVE_INFINITY) return this.#happen(nextMs);
    this.#wait(nextMs, deadlineMs);
    return undefined;
  }

  /** Nothing happens before a deadline, or ever. */
  #wait(nextMs: number, deadlineMs: number): void {
    const goals = this.#goals;
    const idle = nextMs === Number.POSITIVE_INFINITY ? goalsWithoutFuture(goals) : [];
    if (idle.length > 0) return endAll(idle, 'idle');
    this.#moveTo(deadlineMs);
    const due = goals.filter((goal) => goal.deadlineMs <= deadlineMs);
    endAll(due, 'deadline');
  }

  #happen(timeMs: number): typeof NOBODY_WOKEN | undefined {
    this.#moveTo(timeMs);
    if (++this.#turnsOfInstant > LONGEST_INSTANT) throw new Error(`endless timers without delay at ${timeMs} ms`);
    // What is scheduled meanwhile for this instant waits for the next turn.
    const { sequence } = this.#timers;
    let isQuiet = true;
    for (let entry = this.#timers.take(timeMs, sequence); entry; entry = this.#timers.take(timeMs, sequence)) {
      if (entry.callback() !== NOBODY_WOKEN) isQuiet = false;
    }
    return isQuiet ? NOBODY_WOKEN : undefined;
  }

  #moveTo(timeMs: number): void {
    if (timeMs > this.#nowMs) this.#turnsOfInstant = 0;
    this.#nowMs = timeMs;
  }
}

/** Whose wait is over when nothing is scheduled: those who wait for just that, and promises if nobody moves time. */
function goalsWithoutFuture(goals: readonly Goal[]): readonly Goal[] {
  const idle = goals.filter((goal) => goal.kind === 'idle');
  const nobodyMoves = goals.every((goal) => goal.kind === 'promise');
  return nobodyMoves ? goals : idle;
}

function endAll(goals: readonly Goal[], outcome: Outcome): void {
  for (const goal of goals) goal.end(outcome);
}
