// Plays the suite inside an edge runtime that generates no code; edge.mjs has put the place there, the wasm compiled.
import { type Place, play } from '../contract.js';
import { relayScenarios } from '../relay.js';
import { simulatedScenarios } from '../simulated.js';

const { place, print, done } = globalThis as unknown as {
  place: Place;
  print: (line: string) => void;
  done: (failed?: unknown) => void;
};
play([...simulatedScenarios, ...relayScenarios], place, print).then(() => done(), done);
