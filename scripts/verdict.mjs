// verdict.mjs STATUS RESULT…: prints the last line of a test run, from the exit status and vitest's JSON results.
import { existsSync, readFileSync } from 'node:fs';

const [status, ...files] = process.argv.slice(2);
const results = files.filter((file) => existsSync(file)).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const suites = results.flatMap(({ testResults }) => testResults);
const tests = suites.flatMap(({ assertionResults }) => assertionResults);
const count = (wanted) => tests.filter((test) => test.status === wanted).length;

// A file that can't be loaded, or an error outside of all tests, has no failed test: it is counted as one.
const broken = suites.filter((suite) => suite.status === 'failed' && !suite.assertionResults.some(isFailed));
const passed = count('passed');
const seen = count('failed') + broken.length;
const failed = seen === 0 && status !== '0' ? 1 : seen;
const skipped = tests.length - passed - count('failed');

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function isFailed(test) {
  return test.status === 'failed';
}
