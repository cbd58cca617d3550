import type { Association, Path } from '../../index.js';
import { green, type Paint, red, table, yellow } from './terminal.js';

const PAINTS: Readonly<Record<Path['state'], Paint>> = { active: green, inactive: red, unconfirmed: yellow };

/** The association's paths, as a table. */
export function showPaths(association: Association): void {
  table(
    [
      { title: 'path' },
      { title: 'state' },
      { title: 'primary' },
      { title: 'cwnd', align: 'right' },
      { title: 'srtt', align: 'right' },
      { title: 'rto', align: 'right' },
      { title: 'mtu', align: 'right' },
    ],
    association
      .paths()
      .map(({ address, state, primary, cwnd, srttMs, rtoMs, mtu }) => [
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
