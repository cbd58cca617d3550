import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.js';
import { freePort } from './native.js';
import { AUDIENCE, KEY, metric } from './relays.js';

/** The program; `./build.sh` makes it. */
export const PROGRAM = fileURLToPath(new URL('../../dist/cli/relay.js', import.meta.url));

/** A line of the relay's log. */
interface LogLine {
  readonly time: string;
  readonly event: string;
  readonly worker?: number;
  readonly pid?: number;
  readonly reason?: string;
  readonly signal?: string;
}

/** A folder with the file of the relays' keys. To be removed after the tests. */
export class KeyFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'relay-'));
  readonly keys: string = join(this.path, 'keys.json');

  constructor() {
    writeFileSync(this.keys, JSON.stringify({ keys: [KEY] }));
  }

  /** The arguments of a relay that gives this address to its clients. */
  arguments(address: string): string[] {
    const options = ['--address', address, '--keys', this.keys, '--audience', AUDIENCE, '--allow', '127.0.0.0/8:*'];
    return ['serve', ...options, '--special', '127.0.0.0/8', '--listen', '0'];
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** A relay in a process of its own, or in several. `Child.endAll` ends it. */
export class RelayCommand {
  readonly child: Child;
  readonly port: string;
  readonly #metricsPort: number;

  /** Starts it; resolves when it listens. `more`: further arguments. */
  static async start(folder: KeyFolder, address: string, ...more: readonly string[]): Promise<RelayCommand> {
    const metricsPort = await freePort();
    const args = [...folder.arguments(address), '--metrics', String(metricsPort), ...more];
    const child = new Child(process.execPath, [PROGRAM, ...args]);
    const [, port = ''] = await child.printed(/"event":"listening","port":(\d+)/);
    return new RelayCommand(child, port, metricsPort);
  }

  private constructor(child: Child, port: string, metricsPort: number) {
    this.child = child;
    this.port = port;
    this.#metricsPort = metricsPort;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/relay`;
  }

  /** What it has logged of these events; of all if none are given. */
  logged(...events: readonly string[]): LogLine[] {
    const all = this.child.output
      .trim()
      .split('\n')
      .map((line): LogLine => JSON.parse(line));
    return events.length === 0 ? all : all.filter(({ event }) => events.includes(event));
  }

  async metrics(): Promise<{ status: number; type: string | null; text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  }

  /** The value of a metric, without the beginning that all names share. */
  async metric(series: string): Promise<number | undefined> {
    return metric((await this.metrics()).text, `usrsctp_relay_${series}`);
  }

  /** The HTTP status that a load balancer sees. */
  async health(): Promise<number> {
    return (await fetch(`http://127.0.0.1:${this.port}/health`)).status;
  }
}
