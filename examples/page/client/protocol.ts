import type { Path } from 'usrsctp-wasm';
import type { Load } from './conversation.js';
import type { Conditions, PacketEvent } from './link.js';

/** A request of the page to its worker, in which the stack runs. */
export type Request =
  | { readonly type: 'conditions'; readonly link: number; readonly conditions: Partial<Conditions> }
  | { readonly type: 'load'; readonly load: Load }
  | { readonly type: 'say'; readonly text: string };

/** An event that the worker reports. */
export type Report =
  | { readonly type: 'up'; readonly addresses: readonly string[]; readonly tookMs: number; readonly streams: number }
  | { readonly type: 'seen'; readonly event: PacketEvent }
  | { readonly type: 'sample'; readonly sample: Sample }
  | { readonly type: 'path'; readonly link: number; readonly address: string; readonly change: string }
  | { readonly type: 'echo'; readonly text: string; readonly tripMs: number }
  | { readonly type: 'ended'; readonly error: string | undefined };

/** A measurement of the association at one time. */
export interface Sample {
  readonly state: string;
  readonly links: readonly LinkSample[];
  readonly sent: number;
  readonly echoed: number;
  /** Messages that were lost or came back out of order. */
  readonly missing: number;
  /** The longest time without an echo after the last cut, in ms. */
  readonly silenceMs: number | undefined;
}

/** A measurement of one link and its path. */
export interface LinkSample {
  readonly path: Path | undefined;
  readonly isCut: boolean;
  /** Whether messages use this path now. */
  readonly isBusy: boolean;
  /** Bytes delivered by the link, both directions together, and their rate per second. */
  readonly bytes: number;
  readonly rate: number;
}
