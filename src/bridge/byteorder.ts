/** Host to network byte order, 16 bits, and back. usrsctp has ports in network byte order, as in `sin_port`. */
export function htons(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

/** Host to network byte order, 32 bits, and back. usrsctp leaves the byte order of a ppid to its caller. */
export function htonl(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
