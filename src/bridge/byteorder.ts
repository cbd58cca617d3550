/** Host to network byte order, 16 bits; the same turns it back. What usrsctp keeps so: ports, as in `sin_port`. */
export function htons(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

/** Host to network byte order, 32 bits; the same turns it back. usrsctp leaves the order of a ppid to its caller. */
export function htonl(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
