import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { upstream } from './support/upstream.js';

const OBJECTS = 'build/wasm/objects';
const preprocessed = readdirSync(OBJECTS).filter((name) => name.endsWith('.i'));

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The error of redirections.mjs for the last build with one file changed, or an empty string. */
function errorFor(file: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'redirections-'));
  folders.push(folder);
  for (const name of preprocessed) copyFileSync(join(OBJECTS, name), join(folder, name));
  writeFileSync(join(folder, file), change(readFileSync(join(OBJECTS, file), 'utf8')));
  const files = preprocessed.map((name) => join(folder, name));
  try {
    execFileSync(process.execPath, ['wasm/upstream/redirections.mjs', upstream, ...files], { stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

test('each redirection takes effect as often as redirections.txt states', () => {
  expect(preprocessed.length).toBeGreaterThan(15);
  expect(errorFor('sctp_input.i', (text) => text)).toBe('');
});

test('a redirection that no longer matches fails the build', () => {
  const said = errorFor('sctp_input.i', (text) => text.replaceAll('fixed_handle_ootb', 'sctp_handle_ootb'));
  expect(said).toMatch(/sctp_input fixed_handle_ootb: named \d+ times, but redirections.txt says \d+/);
});

test('a weak function or a constant that upstream has renamed fails the build', () => {
  const weak = errorFor('sctp_pcb.i', (text) =>
    text.replaceAll('sctp_findassociation_addr_sa', 'sctp_find_by_address'),
  );
  expect(weak).toMatch(/sctp_pcb sctp_findassociation_addr_sa: named 0 times, but redirections.txt says \d+/);
  const constant = errorFor('sctp_input.i', (text) => text.replaceAll('link_colliding_state', '0x00b0'));
  expect(constant).toMatch(/sctp_input link_colliding_state: named 0 times, but redirections.txt says \d+/);
});

test('a call in a file without a redirection for it fails the build', () => {
  const said = errorFor('sctp_auth.i', (text) => `${text}\nvoid more(void) { sctp_update_acked(0, 0, 0); }\n`);
  expect(said).toContain('sctp_auth sctp_update_acked: named 1 times');
});
