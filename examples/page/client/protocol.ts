import type { Path } from 'usrsctp-wasm';
import type { Load } from './conversation.js';
import type { Conditions, Sighting } from './lane.js';

/** What the page asks of its worker, in which the stack lives. */
export type Wish =
  | { readonly type: 'conditions'; readonly lane: number; readonly conditions: Partial<Conditions> }
  | { readonly type: 'load'; readonly load: Load }
  | { readonly type: 'say'; readonly text: string };

/** What the worker tells. */
export type News =
  | { readonly type: 'up'; readonly relays: readonly string[]; readonly tookMs: number; readonly streams: number }
  | { readonly type: 'seen'; readonly sighting: Sighting }
  | { readonly type: 'sample'; readonly sample: Sample }
  | { readonly type: 'path'; readonly lane: number; readonly address: string; readonly change: string }
  | { readonly type: 'echo'; readonly text: string; readonly tripMs: number }
  | { readonly type: 'ended'; readonly error: string | undefined };

/** How everything is at one time. */
export interface Sample {
  readonly state: string;
  readonly lanes: readonly LaneSample[];
  readonly sent: number;
  readonly echoed: number;
  /** Messages that came back out of order, or not. */
  readonly missing: number;
  /** The longest time without an echo since the last cut, in ms. */
  readonly silenceMs: number | undefined;
}

/** How one of the two ways is. */
export interface LaneSample {
  readonly path: Path | undefined;
  readonly isCut: boolean;
  /** Do messages go this way now? */
  readonly isBusy: boolean;
  /** What the cable has carried, both directions; and how much of that a second. */
  readonly bytes: number;
  readonly rate: number;
}
