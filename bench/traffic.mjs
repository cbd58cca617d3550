// What is done with associations to measure them. An end has send(), receive(handler) and close().
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** Warming up takes half as long as measuring. */
export const warmUpMs = (ms) => ms / 2;

/** Sends messages one after the other, as the promises of send allow, until `isOver`. */
export async function flood(end, bytes, isOver) {
  const data = Buffer.alloc(bytes, 'usrsctp');
  for (let count = 0; !(count % 16 === 0 && isOver()); count++) await end.send(data);
}

/** Counts from its warm-up on for `ms`: what was received, or sent, and what processor time that took. */
export class Window {
  #bytes = 0;
  #begun;
  #cpu;
  #threadS;
  #end;

  constructor(ms) {
    this.#begun = performance.now() + warmUpMs(ms);
    this.#end = this.#begun + ms;
    this.result = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  add(bytes) {
    const now = performance.now();
    if (now < this.#begun) return;
    if (this.#cpu === undefined) {
      this.#begun = now;
      this.#cpu = process.cpuUsage();
      this.#threadS = threadS();
      return;
    }
    this.#bytes += bytes;
    if (now < this.#end) return;
    const { user, system } = process.cpuUsage(this.#cpu);
    const mbPerS = this.#bytes / 1e3 / (now - this.#begun);
    this.#begun = Number.POSITIVE_INFINITY;
    const usedS = { cpuS: (user + system) / 1e6, threadS: threadS() - this.#threadS };
    this.resolve({ mbPerS, ...usedS, gb: this.#bytes / 1e9 });
  }

  get isOver() {
    return this.#begun === Number.POSITIVE_INFINITY;
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
    end.receive(() => {
      const now = performance.now();
      if (before >= start) times.push(now - before);
      before = now;
      if (now >= start + ms && times.length > 0) resolve(percentiles(times));
      else void end.send(data);
    });
    void end.send(data);
  });
}

function percentiles(times) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(times.length * share)] * 1e3;
  return { p50Us: at(0.5), p99Us: at(0.99) };
}
