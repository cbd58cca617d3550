/** How many deregistered values are remembered that aren't objects. Objects are held weakly, so they need no limit. */
const MAX_FORMER = 1024;

/**
 * AF_CONN addresses: a number, in place of C's `void *`, for each value that usrsctp_register_address() was given. A value
 * that is deregistered and registered again gets the same number, as a pointer would stay the same in C, so its
 * associations go on.
 */
export class ConnAddresses {
  readonly #numbers = new Map<unknown, number>();
  readonly #values = new Map<number, unknown>();
  readonly #formerObjects = new WeakMap<object, number>();
  readonly #formerOthers = new Map<unknown, number>();
  #next = 1;

  /** Registers a value and returns its number. */
  register(value: unknown): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const number = this.#former(value) ?? this.#next++;
    this.#numbers.set(value, number);
    this.#values.set(number, value);
    return number;
  }

  /** Returns the number that the value had, or `undefined` if it wasn't registered. */
  deregister(value: unknown): number | undefined {
    const number = this.#numbers.get(value);
    if (number === undefined) return undefined;
    this.#numbers.delete(value);
    this.#values.delete(number);
    if (isObject(value)) this.#formerObjects.set(value, number);
    else this.#rememberOther(value, number);
    return number;
  }

  numberOf(value: unknown): number | undefined {
    return this.#numbers.get(value);
  }

  has(number: number): boolean {
    return this.#values.has(number);
  }

  valueOf(number: number): unknown {
    return this.#values.get(number);
  }

  #former(value: unknown): number | undefined {
    return isObject(value) ? this.#formerObjects.get(value) : this.#formerOthers.get(value);
  }

  #rememberOther(value: unknown, number: number): void {
    this.#formerOthers.delete(value);
    this.#formerOthers.set(value, number);
    if (this.#formerOthers.size <= MAX_FORMER) return;
    for (const oldest of this.#formerOthers.keys()) {
      this.#formerOthers.delete(oldest);
      break;
    }
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
