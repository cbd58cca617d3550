import { Stack } from 'usrsctp-wasm';
import { Network } from 'usrsctp-wasm/simulated';

/** A stack from a module that the browser has compiled while it came. */
export async function streaming(): Promise<{ addresses: readonly string[] }> {
  const module = await WebAssembly.compileStreaming(fetch('/usrsctp.wasm'));
  const { transport, random } = new Network({ seed: 1 }).host('page', ['10.0.1.1']);
  const stack = await Stack.create({ transport, random, module });
  const { addresses } = stack;
  await stack.close();
  return { addresses };
}
