// Plays the suite in workerd, as a worker whose place is a binding. The wasm comes by the condition `workerd`.
import { type Place, play } from '../contract.js';
import { relayScenarios } from '../relay.js';
import { simulatedScenarios } from '../simulated.js';

export default {
  async test(_controller: unknown, { place }: { place: Place }): Promise<void> {
    await play([...simulatedScenarios, ...relayScenarios], place);
  },
};
