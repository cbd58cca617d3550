// Runs the suite in workerd, as a worker. The setting is a binding, and the wasm comes by the condition `workerd`.
import { runAll, type Setting } from '../contract.js';
import { relayScenarios } from '../relay.js';
import { simulatedScenarios } from '../simulated.js';

export default {
  async test(_controller: unknown, { setting }: { setting: Setting }): Promise<void> {
    await runAll([...simulatedScenarios, ...relayScenarios], setting);
  },
};
