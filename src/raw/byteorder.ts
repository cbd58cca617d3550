import * as bytes from '../bridge/byteorder.js';
import { integer } from './arguments.js';

/** Host to network byte order, 16 bits. */
export function htons(value: number): number {
  return bytes.htons(integer('value', value));
}

/** Host to network byte order, 32 bits. */
export function htonl(value: number): number {
  return bytes.htonl(integer('value', value));
}

/** Network to host byte order, 16 bits. */
export const ntohs: (value: number) => number = htons;

/** Network to host byte order, 32 bits. */
export const ntohl: (value: number) => number = htonl;
