import { systemClock } from '../clock.js';
import { SctpError } from '../errors.js';

/**
 * Where the compiled C comes from: compiled already, as bytes, or as the URL of `usrsctp-wasm/usrsctp.wasm`, absolute or
 * relative to the page. A compiled module is what runtimes need that compile nothing while they run.
 */
export type WasmSource = WebAssembly.Module | Uint8Array<ArrayBuffer> | ArrayBuffer | URL | string;

const compiled = new WeakMap<object, Promise<WebAssembly.Module>>();

/**
 * The compiled module. Bytes are compiled once, however many stacks are made of the same array; what a URL has is fetched
 * anew each time. Rejects with EINVAL for what is no WebAssembly, EPERM where the runtime refuses to compile, and
 * ENETDOWN when fetching fails.
 */
export async function usrsctpModule(source: WasmSource | Promise<WasmSource>): Promise<WebAssembly.Module> {
  const wasm = await source;
  if (isModule(wasm)) return wasm;
  if (typeof wasm === 'string' || tagOf(wasm) === 'URL') return fetched(String(wasm));
  if (!isBytes(wasm)) throw new TypeError('give `wasm`: a compiled WebAssembly.Module, its bytes, or its URL');
  const known = compiled.get(wasm) ?? compile(wasm);
  compiled.set(wasm, known);
  return known;
}

/** What an object says that it is: unlike `instanceof` right for those of other realms, which edge runtimes hand in. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isModule(value: unknown): value is WebAssembly.Module {
  return tagOf(value) === 'WebAssembly.Module';
}

function isBytes(value: unknown): value is BufferSource {
  return ArrayBuffer.isView(value) || tagOf(value) === 'ArrayBuffer';
}

/**
 * Compiling alone doesn't keep a Node process alive: with nothing else to do it begins to exit, and can then wait for ever
 * for threads that wait for it. A timer holds it until the module is there.
 */
async function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  let release = () => {};
  try {
    release = systemClock.schedule(Number.POSITIVE_INFINITY, () => undefined);
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    compiled.delete(bytes);
    throw compileError(cause, WebAssembly.validate(bytes));
  } finally {
    release();
  }
}

/** A policy of the page or of the runtime may forbid what is right. */
function compileError(cause: unknown, isRight: boolean): SctpError {
  const details = { syscall: 'create', cause };
  if (!isRight)
    return new SctpError('EINVAL', '`wasm` is no WebAssembly: give what `usrsctp-wasm/usrsctp.wasm` is', details);
  const how =
    'import `usrsctp-wasm/usrsctp.wasm` as a module and give it as `wasm`; pages allow it by `wasm-unsafe-eval`';
  return new SctpError('EPERM', `this runtime refuses to compile WebAssembly: ${how}`, details);
}

async function fetched(url: string): Promise<WebAssembly.Module> {
  let response: Response;
  try {
    const file = url.startsWith('file:') ? await readFile(url) : undefined;
    if (file !== undefined) return compile(file);
    response = await fetch(url);
  } catch (cause) {
    throw new SctpError('ENETDOWN', `\`wasm\`: ${url} can't be fetched: give its bytes`, { syscall: 'create', cause });
  }
  if (!response.ok)
    throw new SctpError('ENETDOWN', `\`wasm\`: ${url} is HTTP ${response.status}`, { syscall: 'create' });
  return compile(await response.arrayBuffer());
}

/** Node's fetch has no files. Without an import of its modules bundles stay right for everything else. */
async function readFile(url: string): Promise<BufferSource | undefined> {
  const { process }: { process?: { getBuiltinModule?(name: string): unknown } } = globalThis as object;
  const fs = process?.getBuiltinModule?.('node:fs/promises') as
    | { readFile(url: URL): Promise<BufferSource> }
    | undefined;
  return fs?.readFile(new URL(url));
}
