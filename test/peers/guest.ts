import { type Socket as Connection, connect } from 'node:net';
import { GUEST } from './network.js';

/** The guest's shell. */
const SHELL_PORT = 99;
/** A generous limit that only ends a hanging test: the emulated guest is slow. */
const LIMIT_MS = 100_000;

/** Runs shell commands in the guest; they must not contain single quotes. */
export async function run(commands: string): Promise<void> {
  await new GuestProgram(`sh -c '${commands}'`).ended();
}

/** A program in the guest that runs during the test, with its output. */
export class GuestProgram {
  static readonly #alive = new Set<GuestProgram>();
  readonly #connection: Connection;
  readonly #ended: Promise<void>;
  readonly #watchers = new Set<() => void>();
  #isEnded = false;
  output = '';

  /** Starts the program; `write` writes to its standard input. */
  constructor(command: string) {
    GuestProgram.#alive.add(this);
    this.#connection = connect(SHELL_PORT, GUEST[0]);
    this.#connection.setEncoding('latin1').on('data', (text: string) => {
      this.output += text;
      this.#look();
    });
    this.#connection.on('error', (error) => {
      this.output += String(error);
    });
    this.#ended = new Promise((resolve) => {
      this.#connection.on('close', () => {
        this.#isEnded = true;
        GuestProgram.#alive.delete(this);
        this.#look();
        resolve();
      });
    });
    this.write(`exec 2>&1; echo "pid $$"; exec ${command}\n`);
  }

  /** Kills all running programs; to be called after each test. */
  static async endAll(): Promise<void> {
    await Promise.all([...GuestProgram.#alive].map((program) => program.kill()));
  }

  write(text: string): void {
    this.#connection.write(text, 'latin1');
  }

  /** Kills the program by the process id that it has printed. */
  async kill(): Promise<void> {
    const [, pid] = await this.printed(/^pid (\d+)$/m);
    await run(`kill -9 ${pid}`);
    this.#connection.destroy(); // its child process may hold the other end open
    await this.#ended;
  }

  /** Resolves when the program has ended by itself. */
  async ended(): Promise<void> {
    await this.#until(() => this.#isEnded || undefined, 'it has ended');
  }

  /** Resolves with the first match in its output after the first `from` characters. */
  printed(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return this.#until(() => pattern.exec(this.output.slice(from)), `it has printed ${pattern}`);
  }

  #until<T>(find: () => T | null | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        finish();
      };
      const fail = (why: string) =>
        settle(() =>
          reject(new Error(`${why} before ${what}; the guest's output ends with: ${this.output.slice(-2000)}`)),
        );
      const look = () => {
        const found = find();
        if (found !== null && found !== undefined) settle(() => resolve(found));
        else if (this.#isEnded) fail('the program ended');
      };
      const timer = setTimeout(() => fail(`${LIMIT_MS} ms passed`), LIMIT_MS);
      this.#watchers.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }
}
