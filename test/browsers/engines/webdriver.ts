const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'; // W3C WebDriver §12.1: the name of an element's reference
const START_MS = 20_000;

/** A session of W3C WebDriver over HTTP. */
export class WebDriver {
  readonly #url: string;
  readonly capabilities: Readonly<Record<string, unknown>>;

  private constructor(url: string, capabilities: Readonly<Record<string, unknown>>) {
    this.#url = url;
    this.capabilities = capabilities;
  }

  /** Waits until the driver listens, and starts a session. Rejects if either fails. */
  static async start(driver: string, capabilities: object): Promise<WebDriver> {
    for (const end = performance.now() + START_MS; !(await isReady(driver)); ) {
      if (performance.now() > end) throw new Error(`the WebDriver at ${driver} hasn't come up in ${START_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const body = { capabilities: { alwaysMatch: capabilities } };
    const session = (await call('POST', `${driver}/session`, body)) as { sessionId: string; capabilities: object };
    return new WebDriver(`${driver}/session/${session.sessionId}`, { ...session.capabilities });
  }

  read(path: string): Promise<unknown> {
    return call('GET', `${this.#url}/${path}`);
  }

  async post(path: string, body: object = {}): Promise<void> {
    await call('POST', `${this.#url}/${path}`, body);
  }

  /** The URL path of the first element that matches. */
  async element(selector: string): Promise<string> {
    const body = { using: 'css selector', value: selector };
    const found = (await call('POST', `${this.#url}/element`, body)) as Record<string, string>;
    return `element/${found[ELEMENT]}`;
  }

  async end(): Promise<void> {
    await call('DELETE', this.#url);
  }
}

async function isReady(driver: string): Promise<boolean> {
  try {
    return ((await call('GET', `${driver}/status`)) as { ready: boolean }).ready;
  } catch {
    return false;
  }
}

async function call(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`${method} ${url}: ${(value as { message: string }).message}`);
  return value;
}
