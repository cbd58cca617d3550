import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the declarations in dist/ have nothing that is marked as internal', () => {
  const declarations = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.d.ts'),
  );
  expect(declarations).toContain('index.d.ts');
  expect(declarations.filter((file) => readFileSync(join('dist', file), 'utf8').includes('@internal'))).toEqual([]);
  // Internals must not exist in public classes; it isn't enough to hide them from the declarations.
  expect(readFileSync('tsconfig.json', 'utf8')).not.toContain('stripInternal');
});
