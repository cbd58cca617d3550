import { quoted, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import { nearestName, suggestion } from '../nearest-name.js';

const FIELDS = ['address', 'port', 'encapsulationPort'];

/**
 * Checks a peer or a local endpoint: it must be an object with an address. A misspelt field is an error, because its value would
 * be ignored. So is an unknown field whose name contains `port`. Others are allowed, such as the `family` of Node's addresses.
 */
export function checkFields(item: unknown, what: string, syscall: string): asserts item is object {
  if (typeof item !== 'object' || item === null) {
    throw new TypeError(`${syscall}: ${what} must be { address, port }, not ${shown(item)}`);
  }
  for (const name of Object.keys(item)) {
    if (FIELDS.includes(name)) continue;
    const meant = nearestName(name, FIELDS);
    const isMisspelt = meant !== undefined && !Object.hasOwn(item, meant);
    if (!isMisspelt && !/port/i.test(name)) continue;
    throw new TypeError(`${syscall}: ${what} has no field ${quoted(name)}: ${suggestion(name, FIELDS)}`);
  }
  if ((item as { address?: unknown }).address !== undefined) return;
  throw new SctpError('EINVAL', `${syscall}: ${what} must be { address, port }: \`address\` is missing`, { syscall });
}
