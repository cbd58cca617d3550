// Has @edge-runtime/vm run a bundle, code generation off as on the edge: edge.mjs BUNDLE WASM PLACE.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [bundle, wasm, place] = process.argv.slice(2);
const { EdgeVM } = createRequire(`${process.cwd()}/build/runtimes/`)('@edge-runtime/vm');

await new Promise((resolve, reject) => {
  const given = {
    place: { ...JSON.parse(place), wasm: new WebAssembly.Module(readFileSync(wasm)) },
    print: console.log,
    done: (error) => (error ? reject(error) : resolve()),
  };
  const extend = (context) => Object.assign(context, given);
  new EdgeVM({ codeGeneration: { strings: false, wasm: false }, extend }).evaluate(readFileSync(bundle, 'utf8'));
});
