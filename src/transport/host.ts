import { checkObject, checkType } from '../arguments.js';
import type { TransportHost } from './transport.js';

const METHODS = ['receive', 'unreachable', 'changed'] as const;

/** Throws TypeError if a host lacks a method. Otherwise the mistake would show only when the first packet arrives. */
export function checkHost(host: TransportHost): void {
  checkObject(host, 'the host', 'start');
  for (const name of METHODS) checkType(host[name], 'function', `the host's ${name}`, 'start');
}
