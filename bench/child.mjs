// Samples from other processes, each a line of JSON. They are ended by their process id.
import { spawn } from 'node:child_process';

const LIMIT_MS = 30_000;
/** A pair takes two of these ports. */
let port = 20_000 + (process.pid % 1000) * 20;

/** One sample: what a program prints. */
export const single = (command) => () => new Program(command).sample();

/** One sample: what the two ends print, which need each other until both have. A server of round trips prints nothing. */
export function twoProcesses(commandOf, measure, bytes, ms) {
  return async () => {
    port += 2;
    const args = [measure, `${port}`, `${bytes}`, `${ms}`];
    const programs = [new Program(commandOf('server', ...args))];
    try {
      await programs[0].printed('ready');
      programs.push(new Program(commandOf('client', ...args)));
      const [server, client] = programs.map((program, index) => {
        return index === 0 && measure === 'roundtrip' ? undefined : program.sample();
      });
      return { client: await client, server: await server };
    } finally {
      for (const program of programs) program.kill();
    }
  };
}

class Program {
  #process;
  #lines = [];
  #ended = false;
  #changed = () => undefined;

  constructor([command, ...args]) {
    this.name = [command, ...args].join(' ');
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process.stdout.setEncoding('utf8').on('data', (text) => {
      this.#lines.push(...text.trim().split('\n'));
      this.#changed();
    });
    const end = () => {
      this.#ended = true;
      this.#changed();
    };
    this.#process.on('close', end).on('error', end);
  }

  async sample() {
    return JSON.parse(await this.printed('{'));
  }

  /** The first line that begins so. */
  printed(beginning) {
    return new Promise((resolve, reject) => {
      const give = (why) => {
        this.kill();
        reject(new Error(`${this.name}: ${why}`));
      };
      const timer = setTimeout(() => give(`nothing within ${LIMIT_MS} ms`), LIMIT_MS);
      this.#changed = () => {
        const line = this.#lines.find((each) => each.startsWith(beginning));
        if (line === undefined && !this.#ended) return;
        clearTimeout(timer);
        if (line === undefined) give('ended without a result');
        else resolve(line);
      };
      this.#changed();
    });
  }

  kill() {
    if (!this.#ended) this.#process.kill('SIGKILL');
  }
}
