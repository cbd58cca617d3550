import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** Longer than any step takes, even on a busy machine, and shorter than a test's limit, so that a test that hangs says where. */
const LIMIT_MS = 40_000;

/** A child process and everything that it has printed. */
export class Child {
  static readonly #alive = new Set<Child>();
  readonly #exited: Promise<number | null>;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #watchers = new Set<() => void>();
  /** The complete lines of both streams. Incomplete ones are in `#begun`, so that lines of the two streams don't mix. */
  #lines = '';
  readonly #begun = { stdout: '', stderr: '' };
  #ended = false;

  /** Runs a command in a network namespace, by its name. */
  static inNamespace(namespace: string, ...command: string[]): Child {
    return new Child('ip', ['netns', 'exec', namespace, ...command]);
  }

  constructor(command: string, args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(command, args, { env: { ...process.env, ...environment } });
    Child.#alive.add(this);
    for (const name of ['stdout', 'stderr'] as const) {
      this.#process[name].setEncoding('latin1').on('data', (text: string) => this.#printed(name, text));
    }
    this.#process.stdin.on('error', () => {}); // the process has ended, which `exit` reports
    this.#exited = new Promise((resolve) => {
      const end = (code: number | null) => {
        this.#ended = true;
        Child.#alive.delete(this);
        this.#look();
        resolve(code);
      };
      this.#process.on('close', end);
      this.#process.on('error', (error) => {
        this.#lines += String(error);
        end(null);
      });
    });
  }

  /** Kills all child processes that still run. To be called after each test. */
  static async endAll(): Promise<void> {
    await Promise.all([...Child.#alive].map((child) => child.kill()));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Standard output and standard error, one character per byte: complete lines first, then incomplete ones. */
  get output(): string {
    return this.#lines + this.#begun.stdout + this.#begun.stderr;
  }

  write(text: string): void {
    this.#process.stdin.write(text, 'latin1');
  }

  /** Closes the pipe that reads its standard output. */
  closeOutput(): void {
    this.#process.stdout.destroy();
  }

  /** Closes its standard input. */
  end(): void {
    this.#process.stdin.end();
  }

  /** Waits until it ends by itself. Resolves with the exit code, or null if a signal ended it. */
  async exit(limitMs?: number): Promise<number | null> {
    await this.until(() => this.#ended, 'it has ended', limitMs);
    return this.#exited;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#ended) this.#process.kill(signal);
    await this.#exited;
  }

  /** Resolves with the match as soon as its output matches. */
  printed(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray> {
    return this.until((output) => pattern.exec(output), `it has printed ${pattern}`, limitMs);
  }

  /** Resolves with the first truthy result of a function that is applied to its output. */
  until<T>(find: (output: string) => T | false | null | undefined, what: string, limitMs = LIMIT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        finish();
      };
      const fail = (why: string) =>
        settle(() => reject(new Error(`${why} before ${what}; its output ends with: ${this.output.slice(-2000)}`)));
      const look = () => {
        const found = find(this.output);
        if (found) settle(() => resolve(found));
        else if (this.#ended) fail('the program ended');
      };
      const timer = setTimeout(() => fail(`${limitMs} ms passed`), limitMs);
      this.#watchers.add(look);
      look();
    });
  }

  #printed(stream: 'stdout' | 'stderr', text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) {
      this.#lines += this.#begun[stream] + text.slice(0, end);
      this.#begun[stream] = '';
    }
    this.#begun[stream] += text.slice(end);
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }
}
