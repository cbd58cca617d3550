import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { Field, Layout, StructInput } from '../src/bridge/struct.js';
import { readStruct, writeStruct } from '../src/bridge/struct.js';
import * as layouts from '../src/generated/layouts.js';

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe('reading a struct', () => {
  test('numbers are little-endian and bytes are a copy', () => {
    const bytes = Uint8Array.of(1, 0, 0, 0, 22, 0, 0, 0, 2, 0, 0, 1, 0x34, 0x12, 5, 0, 0xef, 0xbe, 0xad, 0xde, 6, 7);
    const change = readStruct(layouts.sctp_assoc_change, viewOf(bytes), 0, bytes.length);
    bytes.fill(0);
    expect(change).toEqual({
      sac_type: 1,
      sac_flags: 0,
      sac_length: 22,
      sac_state: 2,
      sac_error: 256,
      sac_outbound_streams: 0x1234,
      sac_inbound_streams: 5,
      sac_assoc_id: 0xdeadbeef,
      sac_info: Uint8Array.of(6, 7),
    });
  });

  test('a struct is read at its offset in a view that starts inside its buffer', () => {
    const event = writeStruct(layouts.sctp_event, { se_assoc_id: 7, se_type: 14, se_on: 1 });
    const memory = new Uint8Array(64).fill(0xff);
    memory.set(event, 13);
    const value = readStruct(layouts.sctp_event, new DataView(memory.buffer, 8), 5);
    expect(value).toEqual({ se_assoc_id: 7, se_type: 14, se_on: 1 });
  });

  test('a flexible array without a length is empty', () => {
    const key = writeStruct(layouts.sctp_authkey, { sca_keylength: 3, sca_key: Uint8Array.of(1, 2, 3) });
    expect(readStruct(layouts.sctp_authkey, viewOf(key)).sca_key).toEqual(new Uint8Array());
  });

  test('too few bytes throw an error', () => {
    const view = new DataView(new ArrayBuffer(64));
    expect(() => readStruct(layouts.sctp_assoc_change, view, 0, 19)).toThrow('sctp_assoc_change has 20 bytes, not 19');
  });

  test('the type of the value follows from the layout', () => {
    const view = new DataView(new ArrayBuffer(256));
    const sent = readStruct(layouts.sctp_sendv_spa, view);
    expectTypeOf(sent.sendv_flags).toEqualTypeOf<number>();
    expectTypeOf(sent.sendv_sndinfo.snd_ppid).toEqualTypeOf<number>();
    expectTypeOf(readStruct(layouts.sctp_paddrinfo, view).spinfo_address).toEqualTypeOf<Uint8Array>();
    expectTypeOf(readStruct(layouts.sctp_prstatus, view).sprstat_abandoned_sent).toEqualTypeOf<bigint>();
    // @ts-expect-error: no such field
    expect(sent.sendv_rcvinfo).toBeUndefined();
  });
});

describe('writing a struct', () => {
  test('omitted fields are zero', () => {
    const bytes = writeStruct(layouts.sctp_sndinfo, { snd_ppid: 0x01020304 });
    expect(bytes).toEqual(Uint8Array.of(0, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  });

  test('a nested struct is written at its offset in the outer one', () => {
    const { sendv_prinfo } = layouts.sctp_sendv_spa.fields;
    const bytes = writeStruct(layouts.sctp_sendv_spa, { sendv_prinfo: { pr_policy: 3, pr_value: 2 } });
    expect(bytes.length).toBe(layouts.sctp_sendv_spa.size);
    expect(readStruct(layouts.sctp_prinfo, viewOf(bytes), sendv_prinfo.offset)).toEqual({ pr_policy: 3, pr_value: 2 });
  });

  test('a flexible array makes the struct longer', () => {
    const streams = Uint8Array.of(1, 0, 2, 0);
    const bytes = writeStruct(layouts.sctp_reset_streams, { srs_number_streams: 2, srs_stream_list: streams });
    expect(bytes.length).toBe(layouts.sctp_reset_streams.size + 4);
    expect(bytes.subarray(-4)).toEqual(streams);
  });

  test('bytes shorter than their field are followed by zeros', () => {
    const bytes = writeStruct(layouts.sockaddr_in, { sin_addr: Uint8Array.of(192, 0) });
    expect(readStruct(layouts.sockaddr_in, viewOf(bytes)).sin_addr).toEqual(Uint8Array.of(192, 0, 0, 0));
  });

  test.each([
    [{ snd_sid: 65536 }, 'sctp_sndinfo.snd_sid takes an integer from 0 to 65535, not 65536'],
    [{ snd_ppid: -1 }, 'sctp_sndinfo.snd_ppid takes an integer from 0 to 4294967295, not -1'],
    [{ snd_flags: 1.5 }, 'sctp_sndinfo.snd_flags takes an integer from 0 to 65535, not 1.5'],
    [{ snd_context: Number.NaN }, 'sctp_sndinfo.snd_context takes an integer from 0 to 4294967295, not NaN'],
  ])('a number that does not fit is refused by name: %j', (input, message) => {
    expect(() => writeStruct(layouts.sctp_sndinfo, input)).toThrow(new RangeError(message));
    expect(() => writeStruct(layouts.sctp_sendv_spa, { sendv_sndinfo: input })).toThrow(new RangeError(message));
  });

  test('too many bytes throw an error that names the field', () => {
    const sin_addr = new Uint8Array(5);
    const message = 'sockaddr_in.sin_addr takes at most 4 bytes, not 5';
    expect(() => writeStruct(layouts.sockaddr_in, { sin_addr })).toThrow(new RangeError(message));
  });

  test('an unknown field throws an error', () => {
    const input: object = { se_of: 1 };
    expect(() => writeStruct(layouts.sctp_event, input)).toThrow(new RangeError("sctp_event.se_of doesn't exist"));
    // @ts-expect-error: a compile-time error, too
    expect(() => writeStruct(layouts.sctp_event, { se_of: 1 })).toThrow(RangeError);
  });
});

describe('the generated layouts', () => {
  const all: [string, Layout][] = Object.entries(layouts);

  test.each(all)('%s has its name and fields that neither overlap nor exceed its size', (name, layout) => {
    expect(layout.name).toBe(name);
    let end = 0;
    for (const field of Object.values(layout.fields)) {
      expect(field.offset).toBeGreaterThanOrEqual(end);
      end = field.offset + sizeOf(field);
    }
    expect(end).toBeLessThanOrEqual(layout.size);
  });

  test.each(all)('what is written as %s is read back', (_, layout) => {
    fc.assert(
      fc.property(structArbitrary(layout), (value) => {
        const bytes = writeStruct(layout, value);
        expect(readStruct(layout, viewOf(bytes), 0, bytes.length)).toEqual(value);
      }),
      { numRuns: 20 },
    );
  });
});

const WIDTHS = { u8: 1, u16: 2, u32: 4, u64: 8, i8: 1, i16: 2, i32: 4, i64: 8, f64: 8 };

function sizeOf(field: Field): number {
  if (field.type === 'struct') return field.size;
  return field.type === 'bytes' ? field.length : WIDTHS[field.type];
}

function structArbitrary(layout: Layout): fc.Arbitrary<StructInput<Layout>> {
  const fields = Object.entries(layout.fields);
  return fc.record(Object.fromEntries(fields.map(([name, field]) => [name, fieldArbitrary(field, layout)])));
}

/** A flexible array is at least as long as the padding after it, which is indistinguishable from its elements. */
function fieldArbitrary(field: Field, owner: Layout): fc.Arbitrary<NonNullable<StructInput<Layout>[string]>> {
  if (field.type === 'struct') return structArbitrary(field);
  if (field.type === 'bytes') {
    const padding = owner.size - field.offset;
    return field.length === 0
      ? fc.uint8Array({ minLength: padding, maxLength: padding + 40 })
      : fc.uint8Array({ minLength: field.length, maxLength: field.length });
  }
  const bits = 8 * WIDTHS[field.type];
  if (field.type === 'u64') return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  if (field.type === 'i64') return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  if (field.type === 'f64') return fc.double({ noNaN: true });
  if (field.type.startsWith('u')) return fc.integer({ min: 0, max: 2 ** bits - 1 });
  return fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
}
