/** A real browser, driven; one file of `engines/` for each engine. */
export interface Browser {
  readonly name: string;
  readonly version: string;
  open(url: string): Promise<Page>;
  /** Closes the browser with all of its pages, and ends its processes. */
  close(): Promise<void>;
}

/** One tab. Elements are named by CSS selectors, and must be there. */
export interface Page {
  /** Uncaught errors, and errors on the console, as far as the engine's protocol tells of them. */
  readonly errors: readonly string[];
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  /** The text that somebody sees there. */
  text(selector: string): Promise<string>;
  /** What is visible, as PNG. */
  screenshot(): Promise<Uint8Array>;
  close(): Promise<void>;
}
