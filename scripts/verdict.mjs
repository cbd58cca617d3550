// verdict.mjs RESULT STATUS: the last line of a test run, from vitest's JSON result and its exit status.
import { existsSync, readFileSync } from 'node:fs';

const [file, status] = process.argv.slice(2);
const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { testResults: [] };
const tests = result.testResults.flatMap(({ assertionResults }) => assertionResults);
const count = (wanted) => tests.filter((test) => test.status === wanted).length;

// A file that can't be loaded, or an error outside of any test, has no failed test to count: it counts as one.
const broken = result.testResults.filter(
  (suite) => suite.status === 'failed' && !suite.assertionResults.some(isFailed),
);
const passed = count('passed');
const seen = count('failed') + broken.length;
const failed = seen === 0 && status !== '0' ? 1 : seen;
const skipped = tests.length - passed - count('failed');

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function isFailed(test) {
  return test.status === 'failed';
}
