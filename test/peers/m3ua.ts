import type { Association } from '../../src/index.js';
import { WAIT } from '../support/udp-host.js';

/** Message class and type (RFC 4666 §3.1.2, §3.1.3). */
export const M3UA = {
  notify: 0x0001,
  data: 0x0101,
  aspUp: 0x0301,
  aspUpAck: 0x0304,
  aspActive: 0x0401,
  aspActiveAck: 0x0403,
} as const;

const PPID = 3;
const TAG = { routingContext: 6, status: 13, protocolData: 0x0210 } as const;
/** Status type and information "AS active" (RFC 4666 §3.8.2). */
const AS_ACTIVE = 0x0001_0003;

/** An application server process (ASP) with one routing context. */
export class Asp {
  readonly #association: Association;
  readonly #context: Buffer;

  constructor(association: Association, routingContext: number) {
    this.#association = association;
    this.#context = parameter(TAG.routingContext, word(routingContext));
  }

  /** Sends ASP Up and ASP Active; resolves when the gateway reports that the application server is active. */
  async activate(): Promise<void> {
    await this.#send(M3UA.aspUp, 0);
    await this.#next(M3UA.aspUpAck);
    await this.#send(M3UA.aspActive, 0, this.#context);
    await this.#next(M3UA.aspActiveAck);
    for (let status = 0; status !== AS_ACTIVE; )
      status = find(await this.#next(M3UA.notify), TAG.status)?.readUInt32BE() ?? 0;
  }

  /** Sends user data (SCCP) from one point code to another. */
  transfer(from: number, to: number, data: string): Promise<void> {
    const label = [word(from), word(to), Buffer.from([3, 0, 0, 0])];
    return this.#send(
      M3UA.data,
      1,
      this.#context,
      parameter(TAG.protocolData, Buffer.concat([...label, Buffer.from(data)])),
    );
  }

  /** The user data of the next DATA message. */
  async receive(): Promise<string> {
    const data = find(await this.#next(M3UA.data), TAG.protocolData);
    return String(data?.subarray(12));
  }

  /** The parameters of the next message of this class and type. */
  async #next(kind: number): Promise<Buffer> {
    for (;;) {
      const message = await this.#association.receive(WAIT);
      if (!message) throw new Error('the association has ended');
      const bytes = Buffer.from(message.data);
      if (bytes.readUInt16BE(2) === kind) return bytes.subarray(8);
    }
  }

  #send(kind: number, stream: number, ...parameters: Buffer[]): Promise<void> {
    const body = Buffer.concat(parameters);
    const header = Buffer.from([1, 0, kind >> 8, kind & 0xff]);
    return this.#association.send(Buffer.concat([header, word(8 + body.length), body]), { stream, ppid: PPID });
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A parameter, padded to a multiple of 4 bytes (RFC 4666 §3.2). */
function parameter(tag: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(tag);
  bytes.writeUInt16BE(4 + value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

function find(parameters: Buffer, tag: number): Buffer | undefined {
  for (let at = 0; at + 4 <= parameters.length; ) {
    const length = parameters.readUInt16BE(at + 2);
    if (parameters.readUInt16BE(at) === tag) return parameters.subarray(at + 4, at + length);
    at += Math.ceil(length / 4) * 4;
  }
  return undefined;
}
