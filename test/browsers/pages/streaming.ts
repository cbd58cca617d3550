import { Network } from 'usrsctp-wasm/simulated';
import { Stack } from 'usrsctp-wasm/slim';

/** A stack whose wasm the browser compiles while it loads. */
export async function streaming(): Promise<{ addresses: readonly string[] }> {
  const { transport, random } = new Network({ seed: 1 }).host('page', ['10.0.1.1']);
  const stack = await Stack.create({ transport, random, wasm: new URL('/usrsctp.wasm', location.href) });
  const { addresses } = stack;
  await stack.close();
  return { addresses };
}
