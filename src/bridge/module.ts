import { systemClock } from '../clock.js';
import { SctpError } from '../errors.js';
import type { Bytes, WasmModule } from '../lib-types.js';

/**
 * `usrsctp-wasm/usrsctp.wasm` as a compiled module, as bytes, or as a URL, absolute or relative to the page. Give a
 * compiled module to runtimes that don't compile WebAssembly while they run.
 */
export type WasmSource = WasmModule | Bytes | ArrayBuffer | URL | string;

const compiled = new WeakMap<object, Promise<WasmModule>>();

/**
 * The compiled module. Bytes are compiled once, however many stacks are made from the same array; a URL is fetched each
 * time. Rejects with EINVAL if the bytes aren't WebAssembly, EPERM if the runtime refuses to compile, and ENETDOWN if
 * fetching fails.
 */
export async function usrsctpModule(source: WasmSource | Promise<WasmSource>): Promise<WasmModule> {
  if (typeof WebAssembly === 'undefined') throw noWebAssembly();
  const wasm = await source;
  if (isModule(wasm)) return wasm;
  if (typeof wasm === 'string' || tagOf(wasm) === 'URL') return fetched(String(wasm));
  if (!isBytes(wasm)) throw new TypeError('give `wasm`: a compiled WebAssembly.Module, its bytes, or its URL');
  const known = compiled.get(wasm) ?? compile(wasm);
  compiled.set(wasm, known);
  return known;
}

/** The name of an object's class. Unlike `instanceof` it works for objects of other realms, which edge runtimes pass in. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isModule(value: unknown): value is WasmModule {
  return tagOf(value) === 'WebAssembly.Module';
}

function isBytes(value: unknown): value is BufferSource {
  return ArrayBuffer.isView(value) || tagOf(value) === 'ArrayBuffer';
}

/**
 * Compiling alone doesn't keep a Node process alive: a process with nothing else to do begins to exit, and can then
 * deadlock with the threads that compile. A timer keeps it alive until the module has been compiled.
 */
async function compile(bytes: BufferSource): Promise<WasmModule> {
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

/** Node with `--jitless`, or a page in a lockdown mode. */
function noWebAssembly(): SctpError {
  const why = 'this runtime has no WebAssembly: in Node, run without --jitless';
  return new SctpError('EPERM', `Stack.create: ${why}`, { syscall: 'create' });
}

/** Valid bytes can be refused too: by a policy of the page or of the runtime. */
function compileError(cause: unknown, isValid: boolean): SctpError {
  const details = { syscall: 'create', cause };
  if (!isValid) {
    return new SctpError(
      'EINVAL',
      '`wasm` is not WebAssembly: give the content of `usrsctp-wasm/usrsctp.wasm`',
      details,
    );
  }
  const how =
    'import `usrsctp-wasm/usrsctp.wasm` as a module and give it as `wasm`; in a page, allow `wasm-unsafe-eval`';
  return new SctpError('EPERM', `this runtime refuses to compile WebAssembly: ${how}`, details);
}

async function fetched(url: string): Promise<WasmModule> {
  let response: Response;
  try {
    const file = url.startsWith('file:') ? await readFile(url) : undefined;
    if (file !== undefined) return compile(file);
    response = await fetch(url);
  } catch (cause) {
    throw new SctpError('ENETDOWN', `\`wasm\`: ${url} can't be fetched: give its bytes`, { syscall: 'create', cause });
  }
  if (!response.ok) {
    throw new SctpError('ENETDOWN', `\`wasm\`: fetching ${url} failed with HTTP ${response.status}`, {
      syscall: 'create',
    });
  }
  return compile(await response.arrayBuffer());
}

/** Node's fetch doesn't read files. Its file system isn't imported, so that the bundle runs elsewhere too. */
async function readFile(url: string): Promise<BufferSource | undefined> {
  const { process }: { process?: { getBuiltinModule?(name: string): unknown } } = globalThis as object;
  const fs = process?.getBuiltinModule?.('node:fs/promises') as
    | { readFile(url: URL): Promise<BufferSource> }
    | undefined;
  return fs?.readFile(new URL(url));
}
