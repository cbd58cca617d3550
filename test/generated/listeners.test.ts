import { test } from 'vitest';
import { playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { Program } from './program.js';

const FILE = 'test/generated/listeners.test.ts';
/** Beyond the first 300: two peers were gone when they were accepted. */
const FOUND = [659];

test(
  'random listeners that send, reset, close, abort, peel off and connect: nothing is lost, doubled or out of order',
  () => playSeeds(FILE, 300, (seed) => new Program(seed).run(), FOUND),
  SEEDS_LIMIT_MS,
);
