import { expect, test } from 'vitest';

interface Row {
  readonly rfc: string;
  readonly section: string;
  readonly sentence: string;
}

interface Script {
  requirementsIn(files: Readonly<Record<string, string>>): Row[];
  documentOf(rows: readonly Row[]): string;
  sources(): Record<string, string>;
}

const script = `${process.cwd()}/scripts/conformance.mjs`;

test('docs/conformance.md is what scripts/conformance.mjs writes from the tests, and no sentence is there twice', async () => {
  const { requirementsIn, documentOf, sources } = (await import(/* @vite-ignore */ script)) as Script;
  const rows = requirementsIn(sources());
  const names = rows.map(({ rfc, section, sentence }) => `${rfc} ${section} ${sentence}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  await expect(documentOf(rows)).toMatchFileSnapshot('../../docs/conformance.md');
});

test('a requirement whose sentence is computed is refused', async () => {
  const { requirementsIn } = (await import(/* @vite-ignore */ script)) as Script;
  const source = "requirement('RFC 9260', '1', 'MUST', 'a' + b, body)";
  expect(() => requirementsIn({ 'x.test.ts': source })).toThrow('must be a literal');
});
