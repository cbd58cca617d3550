// The pages of the site, made from the documents and the files to which they link.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, posix } from 'node:path';

/** Documents outside of docs/. */
const OTHERS = ['CHANGELOG.md', 'CONTRIBUTING.md', 'NOTICE.md', 'SECURITY.md', 'bench/README.md', 'usrsctp/README.md'];
const IMAGES = ['.png', '.svg', '.webp', '.gif'];
const LANGUAGES = { '.mjs': 'js', '.ts': 'ts', '.json': 'json', '.sh': 'sh', '.yaml': 'yaml', '.h': 'c', '.c': 'c' };
/** A block of code, which is left as it is, or the target of a link or an image within the repository. */
const CODE_OR_TARGET = /^ *(`{3,})[\s\S]*?^ *\1$|(?<=\]\()(?!\w+:|#)([^)\s]+)(?=\))/gm;

/** Writes all pages, and returns those of documents. `root` is the repository, `pages` the folder to write to. */
export function writePages(root, pages) {
  const shown = new Set();
  const all = [...documents(root), ...OTHERS];
  for (const document of all) {
    const text = readFileSync(join(root, document), 'utf8');
    write(
      join(pages, pageOf(document)),
      text.replace(CODE_OR_TARGET, (code, fence, target) => {
        if (fence !== undefined) return code;
        const { link, file } = linkTo(document, target);
        if (file === undefined) return link;
        if (!existsSync(join(root, file))) throw new Error(`${document} links to ${file}, which doesn't exist`);
        if (IMAGES.includes(extname(file))) copy(join(root, file), join(pages, 'public', link));
        else shown.add(file);
        return link;
      }),
    );
  }
  for (const file of shown) write(join(pages, sourcePageOf(file)), sourcePage(root, file));
  return all.map(pageOf);
}

function documents(root) {
  const names = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
}

/** Documents whose pages have other names: SECURITY.md would be in the way of docs/security.md where case doesn't matter. */
const RENAMED = { 'SECURITY.md': 'vulnerabilities.md', 'docs/ARCHITECTURE.md': 'architecture/index.md' };

/** Where the page of a document is. The documents of docs/site are the site's own, such as its first page. */
function pageOf(document) {
  return RENAMED[document] ?? document.replace(/^docs\/(site\/)?/, '').replace(/README\.md$/, 'index.md');
}

/** Where the page is that shows a file. VitePress doesn't take `index.html` within a name for what it is. */
function sourcePageOf(file) {
  return `source/${file.replaceAll('.', '-')}.md`;
}

/** The link of a page for a target in a document, and the file that it leads to unless that is a document. */
function linkTo(document, target) {
  if (target.startsWith('/')) return { link: target }; // only documents of docs/site name pages of the site
  const [path, fragment] = target.split('#');
  const file = posix.join(posix.dirname(document), path).replace(/\/$/, '');
  const hash = fragment === undefined ? '' : `#${fragment}`;
  if (file === 'README.md') return { link: `/${hash}` };
  if (file.endsWith('.md')) return { link: `/${pageOf(file)}${hash}` };
  return { link: IMAGES.includes(extname(file)) ? `/images/${file}` : `/${sourcePageOf(file)}`, file };
}

/** A page that shows a file, or lists those of a folder. */
function sourcePage(root, file) {
  const path = join(root, file);
  const head = `---\nsearch: false\nprev: false\nnext: false\n---\n\n# ${file}\n\n`;
  if (statSync(path).isDirectory()) {
    const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
    return `${head}${files.map((name) => `- \`${name}\`\n`).join('')}`;
  }
  return `${head}\`\`\`\`\`${LANGUAGES[extname(file)] ?? 'txt'}\n${readFileSync(path, 'utf8')}\`\`\`\`\`\n`;
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
