// What is done with associations to measure them. An end has send(), receive(handler) and close().
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** Warming up takes half as long as measuring, and a second at least: by then V8 has compiled what is hot for good. */
export const warmUpMs = (ms) => Math.max(ms / 2, 1000);

/** Sends messages one after the other, as the promises of send allow, until `isOver`. */
export async function flood(end, bytes, isOver) {
  const data = Buffer.alloc(bytes, 'usrsctp');
  for (let count = 0; !(count % 16 === 0 && isOver()); count++) await end.send(data);
}

/** A process that gets no processor isn't waited for any longer than so many times its time. */
const PATIENCE = 4;
const LOOK_MS = 5;

/**
 * Counts from its warm-up on for `ms`: what was received, or sent, and what processor time that took. Both last until
 * the process has had as much processor time too: on a busy machine it would else be measured before it is compiled.
 */
export class Window {
  #bytes = 0;
  #begun = performance.now();
  #cpu = process.cpuUsage();
  #threadS = threadS();
  #ms;
  #isWarm = false;
  #lookAt;

  constructor(ms) {
    this.#ms = ms;
    this.#lookAt = this.#begun + warmUpMs(ms);
    this.result = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  add(bytes) {
    const now = performance.now();
    this.#bytes += bytes;
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_MS;
    const { user, system } = process.cpuUsage(this.#cpu);
    const cpuMs = (user + system) / 1e3;
    const lastsMs = this.#isWarm ? this.#ms : warmUpMs(this.#ms);
    if (cpuMs < lastsMs && now < this.#begun + PATIENCE * lastsMs) return;
    if (this.#isWarm) this.#end(now, cpuMs);
    else this.#begin(now);
  }

  get isOver() {
    return this.#lookAt === Number.POSITIVE_INFINITY;
  }

  #begin(now) {
    this.#isWarm = true;
    this.#bytes = 0;
    this.#begun = now;
    this.#cpu = process.cpuUsage();
    this.#threadS = threadS();
    this.#lookAt = now + this.#ms;
  }

  #end(now, cpuMs) {
    this.#lookAt = Number.POSITIVE_INFINITY;
    const mbPerS = this.#bytes / 1e3 / (now - this.#begun);
    this.resolve({ mbPerS, cpuS: cpuMs / 1e3, threadS: threadS() - this.#threadS, gb: this.#bytes / 1e9 });
  }
}

/** Processor time of this thread, without those that collect garbage and compile beside it; Linux tells it. */
function threadS() {
  return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e9;
}

/** Sends back what comes. */
export function echo(end) {
  end.receive((data) => void end.send(data));
}

/** One message there and back at a time. */
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

/** Of the process, since then. */
function cpuUs(since) {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

/** How long this thread has waited for a processor; where no Linux tells it, 0. */
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
