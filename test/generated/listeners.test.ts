import { test } from 'vitest';
import { playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { Program } from './program.js';

const FILE = 'test/generated/listeners.test.ts';
/** A seed beyond the first 300: two associations had ended before they were accepted. */
const FOUND = [659];

test(
  'random listeners that send, reset, close, abort, peel off and connect lose, duplicate or reorder no message',
  () => playSeeds(FILE, 300, (seed) => new Program(seed).run(), FOUND),
  SEEDS_LIMIT_MS,
);
