import { quoted, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import { nearestName, suggestion } from '../nearest-name.js';

const FIELDS = ['address', 'port', 'encapsulationPort'];

/**
 * Checks that a peer or a local endpoint that a caller gave is an object with an address, and that no field is misspelt: its value
 * would be ignored. Further fields are allowed, such as the `family` of Node's addresses, but none that names another port.
 */
export function checkFields(item: unknown, what: string, syscall: string): asserts item is object {
  if (typeof item !== 'object' || item === null) {
    throw new TypeError(`${syscall}: ${what} is { address, port }, not ${shown(item)}`);
  }
  for (const name of Object.keys(item)) {
    if (FIELDS.includes(name)) continue;
    const meant = nearestName(name, FIELDS);
    const isMisspelt = meant !== undefined && !Object.hasOwn(item, meant);
    if (!isMisspelt && !/port/i.test(name)) continue;
    throw new TypeError(`${syscall}: ${what} has no field ${quoted(name)}: ${suggestion(name, FIELDS)}`);
  }
  if ((item as { address?: unknown }).address !== undefined) return;
  throw new SctpError('EINVAL', `${syscall}: ${what} is { address, port }, and \`address\` is missing`, { syscall });
}
