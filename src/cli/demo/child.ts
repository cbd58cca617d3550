import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Address } from '../../index.js';
import type { Report } from './server.js';

/** The server process, as its parent sees it. */
export class ServerProcess {
  /** Called when the server reports a change of one of its paths. */
  onPath: (event: Report & { type: 'path' }) => void = () => {};
  /** Resolves when the process has ended, with its exit code or the signal that ended it. */
  readonly exit: Promise<number | string>;
  readonly #child: ChildProcess;
  readonly #reports: Report[] = [];
  #wake: () => void = () => {};

  /** Starts the server: the same program with other arguments. */
  constructor([file, ...args]: readonly [file: string, ...string[]], addresses: readonly Address[]) {
    this.#child = fork(file, [...args, 'serve', ...addresses]);
    this.exit = this.#ended();
    void this.exit.then(() => this.#wake());
    this.#child.on('message', (report: Report) => {
      if (report.type === 'path') return this.onPath(report);
      this.#reports.push(report);
      this.#wake();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The server's next report, which must be of the given type. Rejects if the process ends without it. */
  async report<Type extends 'listening' | 'ended'>(type: Type): Promise<Report & { type: Type }> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#reports.length === 0) await Promise.race([woken, this.exit]);
    const report = this.#reports.shift();
    if (report?.type !== type) throw new Error(`the server process has failed before it was ${type}`);
    return report as Report & { type: Type };
  }

  /** Ends the process at once if it is still running. */
  kill(): void {
    this.#child.kill();
  }

  /** Reports may arrive after the process has exited, but not after the channel has been disconnected. */
  async #ended(): Promise<number | string> {
    try {
      const [[code, signal]] = await Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')]);
      return code ?? signal;
    } catch (error) {
      return String(error);
    }
  }
}
