/** A real browser under remote control; `engines/` has one file for each engine. */
export interface Browser {
  readonly name: string;
  readonly version: string;
  open(url: string): Promise<Page>;
  /** Closes the browser and all its pages, and ends its processes. */
  close(): Promise<void>;
}

/** One tab. Elements are found by CSS selectors, and must exist. */
export interface Page {
  /** Uncaught errors and errors on the console, as far as the engine's protocol reports them. */
  readonly errors: readonly string[];
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  /** Presses a key: a character, or `Enter`. */
  press(key: string): Promise<void>;
  /** The visible text of an element. */
  text(selector: string): Promise<string>;
  reload(): Promise<void>;
  /** A screenshot, as PNG. */
  screenshot(): Promise<Uint8Array>;
  close(): Promise<void>;
}
