import type { Setup } from '../index.js';
import { dim, factLines, green, yellow } from './terminal.js';

/** The lines of a set-up: what happened to each address, and what both ends agreed on. */
export function setupLines({ tried, confirmed, dropped, added, streams, features, elapsedMs }: Setup): string[] {
  const inits = tried.map(({ address, sentAtMs }) => {
    const times = sentAtMs.map((atMs) => `${Math.round(atMs)} ms`).join(', ');
    return `${address.padEnd(12)}${times === '' ? dim('no INIT was needed') : `INIT at ${times}`}`;
  });
  return [
    ...factLines('tried', ...inits),
    ...factLines('confirmed', green(confirmed.join('  '))),
    ...factLines(
      'dropped',
      dropped.length > 0 ? `${yellow(dropped.join('  '))}  ${dim('the server doesn’t have it')}` : 'none',
    ),
    ...(added.length > 0 ? factLines('added', `${added.join('  ')}  ${dim('the server has it, too')}`) : []),
    ...factLines('elapsed', `${Math.round(elapsedMs)} ms`),
    ...factLines('streams', `${streams.outbound} out, ${streams.inbound} in`),
    ...factLines('features', features.join(', ')),
  ];
}
