import type { Path } from '../index.js';
import { green, type Paint, red, tableLines, yellow } from './terminal.js';

const PAINTS: Readonly<Record<Path['state'], Paint>> = { active: green, inactive: red, unconfirmed: yellow };

/** The lines of a table of paths. */
export function pathLines(paths: readonly Path[]): string[] {
  return tableLines(
    [
      { title: 'path' },
      { title: 'state' },
      { title: 'primary' },
      { title: 'cwnd', align: 'right' },
      { title: 'srtt', align: 'right' },
      { title: 'rto', align: 'right' },
      { title: 'mtu', align: 'right' },
    ],
    paths.map(({ address, state, primary, cwnd, srttMs, rtoMs, mtu }) => [
      address.padEnd(12),
      { text: state.padEnd(11), paint: PAINTS[state] },
      primary ? 'yes' : '',
      `${cwnd} B`,
      srttMs === 0 ? '–' : `${srttMs} ms`,
      `${rtoMs} ms`,
      `${mtu} B`,
    ]),
  );
}
