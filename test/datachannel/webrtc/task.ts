/** The task of a page, given in its URL. */
export type Task =
  | { readonly job: 'exchange' }
  | { readonly job: 'transfer'; readonly bytes: number }
  | { readonly job: 'lossy' }
  | { readonly job: 'many'; readonly count: number };

export interface Exchanged {
  /** The samples that came back as something else. */
  readonly wrong: readonly string[];
  /** What the page sees of the channel that Node has opened. */
  readonly theirs: object;
}

export interface Transferred {
  readonly sent: string;
  readonly received: string;
}

export interface Lossy {
  /** The numbers of the messages that arrived, by channel. */
  readonly numbers: Readonly<Record<string, readonly number[]>>;
}

export interface Many {
  /** How many channels have got their message back. */
  readonly echoed: number;
}

/** How many messages each end sends on each channel while packets are lost. */
export const MESSAGES = 200;

const LARGEST = 262_144; // what Chromium takes

/** One message of each kind. */
export const SAMPLES = [
  'an empty text',
  'a text',
  'a long text',
  'no bytes',
  'a byte',
  'each byte',
  'a large message',
] as const;

export function sampleOf(name: (typeof SAMPLES)[number]): string | ArrayBuffer {
  switch (name) {
    case 'an empty text':
      return '';
    case 'a text':
      return '\ufeffgrüße 😀';
    case 'a long text':
      return 'ä'.repeat(LARGEST / 2);
    case 'no bytes':
      return new ArrayBuffer(0);
    case 'a byte':
      return Uint8Array.of(0).buffer;
    case 'each byte':
      return Uint8Array.from({ length: 256 }, (_, octet) => octet).buffer;
    case 'a large message':
      return Uint8Array.from({ length: LARGEST }, (_, at) => at * 7 + (at >> 8)).buffer;
  }
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, '0')).join('');
}
