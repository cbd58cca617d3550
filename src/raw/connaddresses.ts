/** Of values that are no objects: how many are remembered after they were deregistered. */
const MOST_FORMER = 1024;

/**
 * C's `void *` of an AF_CONN address: a number for each value that usrsctp_register_address() was given. A value that is
 * deregistered and registered again gets the number that it had, as a pointer stays the same in C, so that its
 * associations live on.
 */
export class ConnAddresses {
  readonly #numbers = new Map<unknown, number>();
  readonly #values = new Map<number, unknown>();
  readonly #formerObjects = new WeakMap<object, number>();
  readonly #formerOthers = new Map<unknown, number>();
  #next = 1;

  /** The number that stands for a value from now on. */
  register(value: unknown): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const number = this.#former(value) ?? this.#next++;
    this.#numbers.set(value, number);
    this.#values.set(number, value);
    return number;
  }

  /** Packets for the value are not carried any more; returns the number that it had. */
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
    if (this.#formerOthers.size <= MOST_FORMER) return;
    for (const oldest of this.#formerOthers.keys()) {
      this.#formerOthers.delete(oldest);
      break;
    }
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
