import { SctpError } from '../errors.js';

/** Where a command says what happens: lines for people, or with `--json` an object for each event. */
export class Report {
  readonly isJson: boolean;
  readonly #write: (text: string) => void;

  constructor(isJson: boolean, write: (text: string) => void = (text) => process.stdout.write(text)) {
    this.isJson = isJson;
    this.#write = write;
  }

  /** Tells of an event: its name and fields as a line of JSON, or these lines. */
  event(event: string, fields: object, lines: string | readonly string[]): void {
    if (this.isJson) return this.#write(`${JSON.stringify({ time: new Date(), event, ...fields }, plain)}\n`);
    const text = typeof lines === 'string' ? [lines] : lines;
    if (text.length > 0) this.#write(`${text.join('\n')}\n`);
  }
}

/** What JSON can't express: bytes are written as hexadecimal digits, errors as objects with their details. */
export function plain(this: Readonly<Record<string, unknown>>, key: string, json: unknown): unknown {
  const value = this[key]; // `json` is what its toJSON has made of it: that of a Buffer is an array
  if (value instanceof SctpError) return { ...value, message: value.message };
  if (value instanceof Error) return { message: value.message };
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return json;
}
