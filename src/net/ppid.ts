import { PPID as NUMBERS } from '../index.js';

/** Names of node-sctp that differ from those of `PPID` in `usrsctp-wasm`. */
const ALIASES = {
  SCTP: 0,
  QIPC: 14,
  DDP_CHUNK: 16,
  DDP_CONTROL: 17,
  SBCAP: 24,
  LCSAP: 29,
  BER: 48,
  XWCP: 59,
} as const;

/** Numbers by name, and names by number. */
export type PayloadProtocols = typeof NUMBERS & typeof ALIASES & { readonly [number: number]: string };

/** Payload protocol identifiers by name, and their names by number, as in node-sctp: `PPID.DIAMETER` is 46, `PPID[46]` is `DIAMETER`. */
export const PPID: PayloadProtocols = {
  ...(Object.fromEntries(Object.entries(NUMBERS).map(([name, number]) => [number, name])) as Record<number, string>),
  ...NUMBERS,
  ...ALIASES,
};
