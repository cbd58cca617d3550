// Plays the suite in Node, Deno or Bun: everything there is. The place is JSON in the first argument.
import { play } from '../contract.js';
import { relayScenarios } from '../relay.js';
import { simulatedScenarios } from '../simulated.js';
import { udpScenarios } from '../udp.js';

await play([...simulatedScenarios, ...relayScenarios, ...udpScenarios], JSON.parse(process.argv[2] ?? '{}'));
