import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const require = createRequire(import.meta.url);
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const MANIFESTS = join(CHECKOUT, 'examples/containers');

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
}

/** All resources of a text in YAML. */
function resources(text: string): Resource[] {
  return parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Resource;
  });
}

/** Every manifest of the project: the files, and the blocks in the documents. */
const manifests = [
  ...readdirSync(MANIFESTS)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [name, readFileSync(join(MANIFESTS, name), 'utf8')] as const),
  ...readdirSync(join(CHECKOUT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) =>
      [...readFileSync(join(CHECKOUT, 'docs', name), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)]
        .map(([, block = '']) => block)
        .filter((block) => block.includes('apiVersion:'))
        .map((block) => [name, block] as const),
    ),
];

/** The errors that the Kubernetes API has for a resource: `validate` of the package kubernetes-models has its schemas. */
function schemaErrors({ apiVersion, kind, ...rest }: Resource): string {
  const models = require(`kubernetes-models/${apiVersion}`) as Record<string, new (data: object) => Validated>;
  const Model = models[kind];
  if (Model === undefined) return `${apiVersion} has no ${kind}`;
  try {
    new Model(rest).validate();
    return '';
  } catch (error) {
    return String(error);
  }
}

interface Validated {
  validate(): void;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  symlinkSync(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The fields that the Kubernetes API doesn't know: schemas allow them, but the types of the same package don't. */
async function unknownFields(all: readonly Resource[]): Promise<string> {
  const lines = all.map(
    (resource, index) =>
      `import type { I${resource.kind} as Type${index} } from 'kubernetes-models/${resource.apiVersion}';\n` +
      `export const resource${index}: Type${index} = ${JSON.stringify(resource)};\n`,
  );
  const file = join(folder, 'resources.ts');
  writeFileSync(file, lines.join(''));
  const flags = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    'node',
  ];
  const tsc = promisify(execFile)(join(CHECKOUT, 'node_modules/.bin/tsc'), [...flags, file], { cwd: folder });
  return tsc.then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout.trim(),
  );
}

describe('manifests for Kubernetes', () => {
  test('are in the examples and in the documents', () => {
    expect(manifests.map(([name]) => name)).toEqual(['balanced.yaml', 'kubernetes.yaml', 'pools.yaml', 'relay.md']);
  });

  test.each(manifests)('%s follows the schemas of the Kubernetes API', (_, text) => {
    for (const resource of resources(text)) expect(schemaErrors(resource)).toBe('');
  });

  test('have only fields that the Kubernetes API knows', { timeout: 120_000 }, async () => {
    expect(await unknownFields(manifests.flatMap(([, text]) => resources(text)))).toBe('');
  });

  test('with a mistake are refused', { timeout: 120_000 }, async () => {
    const [, text = ''] = manifests.find(([name]) => name === 'kubernetes.yaml') ?? [];
    const changed = (before: string, now: string) => {
      expect(text).toContain(before);
      return resources(text.replace(before, now)) as [Resource];
    };
    expect(schemaErrors(changed('replicas: 1', 'replicas: one')[0])).toContain('data/spec/replicas');
    expect(schemaErrors(changed('containers:', 'container:')[0])).toContain('required property containers');
    expect(schemaErrors(changed('kind: Deployment', 'kind: Deploymant')[0])).toContain('no Deploymant');
    expect(await unknownFields(changed('hostNetwork:', 'hostNetworks:'))).toMatch(/hostNetworks.* does not exist/);
  });

  test('set only variables that the server of the example reads', () => {
    const known = readFileSync(join(MANIFESTS, 'server.mjs'), 'utf8');
    for (const [name, text] of manifests) {
      if (!name.endsWith('.yaml')) continue;
      for (const [, variable = ''] of text.matchAll(/name: ([A-Z_]+),/g)) expect(known).toContain(variable);
    }
  });
});
