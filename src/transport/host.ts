import { checkObject, checkType } from '../arguments.js';
import type { TransportHost } from './transport.js';

const CALLS = ['receive', 'unreachable', 'changed'] as const;

/** Throws TypeError for a host that couldn't be told: a transport has no caller to fail when the first packet comes. */
export function checkHost(host: TransportHost): void {
  checkObject(host, 'the host', 'start');
  for (const name of CALLS) checkType(host[name], 'function', `the host's ${name}`, 'start');
}
