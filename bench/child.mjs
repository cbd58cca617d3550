// Takes samples from other processes, which print them as a line of JSON. Processes are ended by their id.
import { spawn } from 'node:child_process';

const LIMIT_MS = 30_000;
/** The first of the ports of all pairs (server, client, helper): below the range of ephemeral ports. */
const FIRST_PORT = 20_000 + (process.pid % 50) * 240;
const PORTS = 240;
let port = 0;

/** A sample of one program: what it prints. */
export const single = (command, limitMs) => () => new Program(command).sample(limitMs);

/**
 * A sample of two processes that talk to each other: what both print. Each keeps running until both have printed; a
 * server of round trips prints nothing. `helperOf` gives the command of a third process between them, such as a relay.
 */
export function twoProcesses(commandOf, measure, bytes, ms, helperOf) {
  return async () => {
    port = (port + 3) % PORTS;
    const first = FIRST_PORT + port;
    const args = [measure, `${first}`, `${bytes}`, `${ms}`];
    const programs = [];
    const start = async (command) => {
      programs.push(new Program(command));
      await programs.at(-1).printed('ready');
    };
    try {
      if (helperOf) await start(helperOf(`${first + 2}`));
      await start(commandOf('server', ...args));
      const [server] = programs.slice(-1);
      programs.push(new Program(commandOf('client', ...args)));
      const printed = measure === 'roundtrip' ? undefined : server.sample();
      return { client: await programs.at(-1).sample(), server: await printed };
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

  async sample(limitMs) {
    return JSON.parse(await this.printed('{', limitMs));
  }

  /** Resolves to the first line with this beginning. */
  printed(beginning, limitMs = LIMIT_MS) {
    return new Promise((resolve, reject) => {
      const giveUp = (why) => {
        this.kill();
        reject(new Error(`${this.name}: ${why}`));
      };
      const timer = setTimeout(() => giveUp(`printed nothing within ${limitMs} ms`), limitMs);
      this.#changed = () => {
        const line = this.#lines.find((each) => each.startsWith(beginning));
        if (line === undefined && !this.#ended) return;
        clearTimeout(timer);
        if (line === undefined) giveUp('ended without a result');
        else resolve(line);
      };
      this.#changed();
    });
  }

  kill() {
    if (!this.#ended) this.#process.kill('SIGKILL');
  }
}
