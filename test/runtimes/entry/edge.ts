// Runs the suite in an edge runtime without code generation. edge.mjs provides the setting, with the compiled wasm.
import { runAll, type Setting } from '../contract.js';
import { relayScenarios } from '../relay.js';
import { simulatedScenarios } from '../simulated.js';

const { setting, print, done } = globalThis as unknown as {
  setting: Setting;
  print: (line: string) => void;
  done: (failed?: unknown) => void;
};
runAll([...simulatedScenarios, ...relayScenarios], setting, print).then(() => done(), done);
