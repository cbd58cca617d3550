import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** A program that answers each line with lines, the last of which begins with `=`. */
export class Lines {
  static readonly #alive = new Set<Lines>();
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<number | null>;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #begun = '';
  #lines: string[] = [];
  #errors = '';
  #isOver = false;

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args);
    this.#process.stdout.setEncoding('latin1').on('data', (text: string) => this.#read(text));
    this.#process.stderr.setEncoding('latin1').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#process.stdin.on('error', () => {}); // it has ended; its exit code gives the reason
    Lines.#alive.add(this);
    this.#exited = new Promise((resolve) => this.#process.on('close', resolve).on('error', () => resolve(null)));
    void this.#exited.then((code) => {
      this.#isOver = true;
      Lines.#alive.delete(this);
      for (const tell of this.#waiting.splice(0)) tell({ result: Number.NaN, lines: [`exit code ${code}`] });
    });
  }

  /** Kills all running programs; to be called after each test. */
  static endAll(): void {
    for (const each of Lines.#alive) each.#process.kill('SIGKILL');
  }

  /** Resolves with the answer to each line. */
  async ask(...lines: string[]): Promise<Answer[]> {
    if (this.#isOver) throw this.#failure();
    const answers = lines.map(() => new Promise<Answer>((resolve) => this.#waiting.push(resolve)));
    this.#process.stdin.write(`${lines.join('\n')}\n`, 'latin1');
    const all = await Promise.all(answers);
    if (this.#isOver) throw this.#failure();
    return all;
  }

  /** Ends the program. Rejects with its output if it fails. */
  async end(): Promise<void> {
    this.#process.stdin.end();
    if ((await this.#exited) !== 0) throw this.#failure();
  }

  #failure(): Error {
    return new Error(`the program has ended: ${this.#errors.slice(0, 10_000)}`);
  }

  #read(text: string): void {
    const parts = (this.#begun + text).split('\n');
    this.#begun = parts.pop() ?? '';
    for (const line of parts) {
      if (!line.startsWith('= ')) this.#lines.push(line);
      else {
        this.#waiting.shift()?.({ result: Number(line.slice(2)), lines: this.#lines });
        this.#lines = [];
      }
    }
  }
}

/** A negative result is −errno. */
export interface Answer {
  readonly result: number;
  readonly lines: readonly string[];
}
