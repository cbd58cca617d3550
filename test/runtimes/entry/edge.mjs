// Runs a bundle in @edge-runtime/vm, without code generation, as on the edge: edge.mjs BUNDLE WASM SETTING.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [bundle, wasm, setting] = process.argv.slice(2);
const { EdgeVM } = createRequire(`${process.cwd()}/build/runtimes/`)('@edge-runtime/vm');

await new Promise((resolve, reject) => {
  const given = {
    setting: { ...JSON.parse(setting), wasm: new WebAssembly.Module(readFileSync(wasm)) },
    print: console.log,
    done: (error) => (error ? reject(error) : resolve()),
  };
  const extend = (context) => Object.assign(context, given);
  new EdgeVM({ codeGeneration: { strings: false, wasm: false }, extend }).evaluate(readFileSync(bundle, 'utf8'));
});
