/** Counts bytes, and prints the progress: on one line of a terminal, or a line for each tenth elsewhere. */
export class Progress {
  bytes = 0;
  #size;
  #startMs = performance.now();
  #shown = 0;

  constructor(size) {
    this.#size = size;
  }

  add(bytes) {
    this.bytes += bytes;
    const step = process.stderr.isTTY ? 0.01 : 0.1;
    const share = this.bytes / this.#size;
    if (share < 1 && share - this.#shown < step) return;
    this.#shown = share;
    const end = process.stderr.isTTY && share < 1 ? '' : '\n';
    process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}${Math.floor(100 * share)} % ${this}${end}`);
  }

  toString() {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const megabytes = this.bytes / 1e6;
    return `${megabytes.toFixed(1)} MB in ${seconds.toFixed(1)} s, ${(megabytes / seconds).toFixed(1)} MB/s`;
  }
}
