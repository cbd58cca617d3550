import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface Links {
  deadLinksOf(folder: string, base: string): { readonly dead: readonly string[]; readonly count: number };
}
interface Pages {
  writePages(root: string, pages: string): readonly string[];
}
const { deadLinksOf } = (await import('../scripts/site/links.mjs' as string)) as Links;
const { writePages } = (await import('../scripts/site/pages.mjs' as string)) as Pages;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'site-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

test('a link of the site is dead if there is no such file, or no element with its fragment as id', () => {
  write(
    'index.html',
    '<a href="/a.html#here"></a><a href="guide/">x</a><a href="https://example.org/"></a><img src="/no.png">',
  );
  write('a.html', '<h2 id="here"></h2><a href="#there"></a><a href="/outside/x.html"></a>');
  write('guide/index.html', '<a href="../a.html#nowhere"></a><a href="../"></a>');
  const { dead, count } = deadLinksOf(folder, '/');
  expect([...dead].sort()).toEqual([
    'a.html: #there',
    'a.html: /outside/x.html',
    'guide/index.html: ../a.html#nowhere',
    'index.html: /no.png',
  ]);
  expect(count).toBe(7);
});

test('links are alive below the path that the site is served at', () => {
  write('index.html', '<a href="/docs/a.html"></a><a href="/a.html"></a>');
  write('a.html', '');
  expect(deadLinksOf(folder, '/docs/').dead).toEqual(['index.html: /a.html']);
});

/** The documents outside of docs/ that the site has, without content. */
function writeOthers(): void {
  const names = ['CHANGELOG.md', 'CONTRIBUTING.md', 'NOTICE.md', 'SECURITY.md', 'bench/README.md', 'usrsctp/README.md'];
  for (const name of names) write(name, '');
}

test('links between documents lead to pages, others to a page that shows the file; code stays as it is', () => {
  const pages = join(folder, 'pages');
  write(
    'docs/guide/a.md',
    '[b](../b.md#part) [code](../../examples/x.mjs) [home](../../README.md) [out](https://example.org)\n```js\n[0](../b.md)\n```\n',
  );
  write('docs/b.md', '![picture](p.png) [architecture](ARCHITECTURE.md)');
  write('docs/ARCHITECTURE.md', '');
  write('docs/p.png', 'pixels');
  write('examples/x.mjs', 'run();\n');
  writeOthers();
  expect(writePages(folder, pages)).toContain('architecture/index.md');
  const read = (name: string) => readFileSync(join(pages, name), 'utf8');
  expect(read('guide/a.md')).toBe(
    '[b](/b.md#part) [code](/source/examples/x-mjs.md) [home](/) [out](https://example.org)\n```js\n[0](../b.md)\n```\n',
  );
  expect(read('b.md')).toBe('![picture](/images/docs/p.png) [architecture](/architecture/index.md)');
  expect(existsSync(join(pages, 'public/images/docs/p.png'))).toBe(true);
  expect(read('source/examples/x-mjs.md')).toContain('js\nrun();\n');
});

test('a document that links to a missing file is an error that names both', () => {
  writeOthers();
  write('docs/a.md', '[x](../examples/missing.mjs)');
  expect(() => writePages(folder, join(folder, 'pages'))).toThrow(
    "docs/a.md links to examples/missing.mjs, which doesn't exist",
  );
});
