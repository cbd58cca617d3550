// The traffic that is measured. An end of an association has send(), receive(handler) and close().
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** Warming up takes half as long as measuring, and at least a second: V8 has then optimized the hot functions. */
export const warmUpMs = (ms) => Math.max(ms / 2, 1000);

/** Sends messages one after the other, each when the promise of the last one has settled, until `isOver`. */
export async function flood(end, bytes, isOver) {
  const data = Buffer.alloc(bytes, 'usrsctp');
  for (let count = 0; !(count % 16 === 0 && isOver()); count++) await end.send(data);
}

/** If a process gets too little processor time, a phase ends after this many times its length. */
const MOST_TIMES = 4;
const CHECK_MS = 5;

/**
 * Warms up, then counts for `ms` how many bytes are received or sent, and how much processor time that takes. Each of
 * the two phases lasts until the process has had as much processor time, too: otherwise a busy machine would measure
 * code that V8 hasn't optimized yet.
 */
export class Window {
  #bytes = 0;
  #begun = performance.now();
  #cpu = process.cpuUsage();
  #threadS = threadS();
  #ms;
  #isWarm = false;
  #checkAt;

  constructor(ms) {
    this.#ms = ms;
    this.#checkAt = this.#begun + warmUpMs(ms);
    this.result = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  add(bytes) {
    const now = performance.now();
    this.#bytes += bytes;
    if (now < this.#checkAt) return;
    this.#checkAt = now + CHECK_MS;
    const { user, system } = process.cpuUsage(this.#cpu);
    const cpuMs = (user + system) / 1e3;
    const lastsMs = this.#isWarm ? this.#ms : warmUpMs(this.#ms);
    if (cpuMs < lastsMs && now < this.#begun + MOST_TIMES * lastsMs) return;
    if (this.#isWarm) this.#end(now, cpuMs);
    else this.#begin(now);
  }

  get isOver() {
    return this.#checkAt === Number.POSITIVE_INFINITY;
  }

  #begin(now) {
    this.#isWarm = true;
    this.#bytes = 0;
    this.#begun = now;
    this.#cpu = process.cpuUsage();
    this.#threadS = threadS();
    this.#checkAt = now + this.#ms;
  }

  #end(now, cpuMs) {
    this.#checkAt = Number.POSITIVE_INFINITY;
    const mbPerS = this.#bytes / 1e3 / (now - this.#begun);
    this.resolve({ mbPerS, cpuS: cpuMs / 1e3, threadS: threadS() - this.#threadS, gb: this.#bytes / 1e9 });
  }
}

/** Processor time of this thread, without the threads that collect garbage and compile; needs Linux. */
function threadS() {
  return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e9;
}

/** Sends back each message. */
export function echo(end) {
  end.receive((data) => void end.send(data));
}

/** Sends one message at a time, and waits until it comes back. */
export function pingPong(end, bytes, ms) {
  const data = Buffer.alloc(bytes, 'usrsctp');
  const times = [];
  const start = performance.now() + warmUpMs(ms);
  return new Promise((resolve) => {
    let before = performance.now();
    let cpu;
    let waited;
    end.receive(() => {
      const now = performance.now();
      if (before >= start) {
        cpu ??= process.cpuUsage();
        waited ??= waitedMs();
        times.push(now - before);
      }
      before = now;
      if (now < start + ms || times.length === 0) return void end.send(data);
      const [cpuUsPerTrip, share] = [cpuUs(cpu) / times.length, (waitedMs() - waited) / (now - start)];
      resolve({ ...percentiles(times), cpuUs: cpuUsPerTrip, waited: share });
    });
    void end.send(data);
  });
}

/** Processor time of the process since then. */
function cpuUs(since) {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

/** How long this thread has waited for a processor; 0 where the system isn't Linux. */
function waitedMs() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

function percentiles(times) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(times.length * share)] * 1e3;
  return { p50Us: at(0.5), p99Us: at(0.99) };
}
