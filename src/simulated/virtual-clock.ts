import { checkDuration, checkFiniteDuration, checkType } from '../arguments.js';
import { nextTurn } from '../clock.js';
import { checkScheduledCall, checkWait, type NetworkClock, NOBODY_WOKEN, type Pending } from './network-clock.js';
import { type ScheduledCall, TimerQueue } from './timer-queue.js';

/** The default limit of a scenario in virtual ms: longer than SCTP takes to give anything up. */
const DEFAULT_LIMIT_MS = 600_000;
/** The most turns of the event loop at one instant. An endless chain of timers without delay would stop time for ever. */
const MOST_TURNS_OF_INSTANT = 100_000;
/** The most instants that pass within one turn of the event loop. After them the machine's own events are processed. */
const INSTANTS_PER_TURN = 8;

/** What a caller waits for: that time passes, that nothing is scheduled any more, or that a promise settles. */
interface Goal {
  readonly kind: 'time' | 'idle' | 'promise';
  readonly deadlineMs: number;
  isReached: boolean;
  end(outcome: Outcome): void;
}

type Outcome = 'reached' | 'deadline' | 'idle' | { readonly error: unknown };

/**
 * Virtual time, which moves on only when no code can run.
 *
 * First everything that is due at one instant is called, in the order in which it was scheduled. Then all code that this has
 * woken runs, through every chain of `await`s. Only then does time jump to the next instant. The clock doesn't wait for real
 * work (`WebAssembly.compile`, files, sockets): do it before, or pass its promise to `standStill`.
 *
 * Time is moved by `advance`, `runUntil` and `runUntilIdle`. Calls may overlap: inside code that one of them runs,
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
    checkFiniteDuration(nowMs, 'the start time', 'VirtualClock');
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

  /** Calls back at a time of this clock, or at the current time if that time has passed. */
  at(timeMs: number, callback: () => unknown): ScheduledCall {
    checkScheduledCall(timeMs, callback);
    return this.#timers.add(Math.max(timeMs, this.#nowMs), callback);
  }

  /** How many callbacks are scheduled, and when the first one is due. */
  get pending(): Pending {
    return { count: this.#timers.size, nextMs: this.#timers.nextMs };
  }

  /**
   * Lets virtual time pass. When it resolves, everything that was due within `durationMs` has been called. Rejects with
   * RangeError for Infinity, which time can't reach.
   */
  async advance(durationMs: number): Promise<void> {
    checkFiniteDuration(durationMs, 'the duration', 'advance');
    await this.#run('time', this.#nowMs + durationMs);
  }

  /** Runs until no callback is scheduled any more. Rejects if some still are after `limitMs`: heartbeats never end. */
  async runUntilIdle(limitMs: number = DEFAULT_LIMIT_MS): Promise<void> {
    checkDuration(limitMs, 'the limit', 'runUntilIdle');
    if ((await this.#run('idle', this.#nowMs + limitMs)) !== 'deadline') return;
    throw new Error(`still not idle after ${limitMs} virtual ms: ${this.describePending()}`);
  }

  /**
   * Runs until a promise settles, and settles the same way. Time stops at that instant. Rejects if it takes more than
   * `limitMs`, and at once if the promise can never settle because nothing is scheduled.
   */
  async runUntil<Value>(promise: PromiseLike<Value>, limitMs: number = DEFAULT_LIMIT_MS): Promise<Value> {
    checkWait(promise, limitMs);
    const outcome = await this.#run('promise', this.#nowMs + limitMs, promise);
    if (outcome === 'reached') return promise;
    const state = `the promise is unsettled at ${this.#nowMs.toFixed(3)} ms`;
    if (outcome === 'deadline') throw new Error(`${state}, the limit of ${limitMs} ms: ${this.describePending()}`);
    throw new Error(`${state}, and nothing is scheduled. If it waits for real work, use standStill()`);
  }

  /** Keeps virtual time from moving until real work, such as compiling a module, is done. */
  async standStill<Value>(work: Promise<Value>): Promise<Value> {
    this.#realWork.add(work);
    try {
      return await work;
    } finally {
      this.#realWork.delete(work);
    }
  }

  /** Describes the scheduled callbacks, for error messages. */
  describePending(): string {
    const { count, nextMs } = this.pending;
    return count === 0 ? 'nothing is scheduled' : `${count} scheduled, the next at ${nextMs.toFixed(3)} ms`;
  }

  #run(kind: Goal['kind'], deadlineMs: number, promise?: PromiseLike<unknown>): Promise<Outcome> {
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

  /** Doesn't use promises, as it runs in each turn of the event loop. */
  readonly #onTurn = (): void => {
    if (this.#realWork.size > 0) return void this.#finishRealWork();
    // Callers whose goals are reached continue first; time moves on in the next turn.
    if (!this.#endReached()) this.#stepOrFail();
    this.#drive();
  };

  /** Returns false if no goal is reached. */
  #endReached(): boolean {
    let isAny = false;
    for (const goal of this.#goals) {
      if (!goal.isReached) continue;
      goal.end('reached');
      isAny = true;
    }
    return isAny;
  }

  /** An error of a callback rejects all callers that wait. */
  #stepOrFail(): void {
    try {
      for (let left = INSTANTS_PER_TURN; left > 0 && this.#step() === NOBODY_WOKEN; ) left--;
    } catch (error) {
      endAll(this.#goals, { error });
    }
  }

  async #finishRealWork(): Promise<void> {
    await Promise.allSettled(this.#realWork);
    nextTurn(this.#onTurn);
  }

  /** Moves to the next instant at which a callback is due, or to the nearest deadline if that is earlier. */
  #step(): typeof NOBODY_WOKEN | undefined {
    const { nextMs } = this.#timers;
    let deadlineMs = Number.POSITIVE_INFINITY;
    for (const goal of this.#goals) deadlineMs = Math.min(deadlineMs, goal.deadlineMs);
    if (nextMs <= deadlineMs && nextMs !== Number.POSITIVE_INFINITY) return this.#callDue(nextMs);
    this.#endWaits(nextMs, deadlineMs);
    return undefined;
  }

  /** Nothing is due before the deadline, or nothing is scheduled at all. */
  #endWaits(nextMs: number, deadlineMs: number): void {
    const goals = this.#goals;
    const idle = nextMs === Number.POSITIVE_INFINITY ? goalsEndedByIdleness(goals) : [];
    if (idle.length > 0) return endAll(idle, 'idle');
    this.#moveTo(deadlineMs);
    const due = goals.filter((goal) => goal.deadlineMs <= deadlineMs);
    endAll(due, 'deadline');
  }

  #callDue(timeMs: number): typeof NOBODY_WOKEN | undefined {
    this.#moveTo(timeMs);
    if (++this.#turnsOfInstant > MOST_TURNS_OF_INSTANT)
      throw new Error(`timers without delay start each other endlessly at ${timeMs} ms`);
    // Callbacks that these schedule for the same instant wait for the next turn.
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

/** The goals that end when nothing is scheduled: those that wait for it, and all if only promises are waited for. */
function goalsEndedByIdleness(goals: readonly Goal[]): readonly Goal[] {
  const idle = goals.filter((goal) => goal.kind === 'idle');
  const areAllPromises = goals.every((goal) => goal.kind === 'promise');
  return areAllPromises ? goals : idle;
}

function endAll(goals: readonly Goal[], outcome: Outcome): void {
  for (const goal of goals) goal.end(outcome);
}
