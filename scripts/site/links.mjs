// Checks the links of a site that has been built: each leads to a file, and each fragment to an element with that id.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The links that lead nowhere, each with the first page that has it, and how many links there are. `base` is the path below which the site is served. */
export function deadLinksOf(folder, base) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = new Set(names);
  const pages = new Map(
    names.filter((name) => name.endsWith('.html')).map((name) => [name, pageOf(join(folder, name))]),
  );
  const dead = new Map();
  let count = 0;
  for (const [page, { links }] of pages) {
    for (const link of links) {
      count++;
      const [path, fragment] = link.split('#');
      const target = path === '' ? page : fileOf(path, page, base);
      const isThere = target !== undefined && files.has(target);
      if (!isThere || (fragment && pages.get(target)?.ids.has(decodeURIComponent(fragment)) === false)) {
        if (!dead.has(link)) dead.set(link, page);
      }
    }
  }
  return { dead: [...dead].map(([link, page]) => `${page}: ${link}`), count };
}

/** The file that a link names, or undefined if it is outside of the site. */
function fileOf(path, page, base) {
  const absolute = path.startsWith('/') ? path : posix.join(base, posix.dirname(page), path);
  if (!absolute.startsWith(base)) return undefined;
  const file = posix.normalize(decodeURIComponent(absolute.slice(base.length)));
  return file === '.' || file === '' || file.endsWith('/') ? posix.join(file, 'index.html') : file;
}

/** The ids of a page, and the links within the site. */
function pageOf(file) {
  const html = readFileSync(file, 'utf8').replace(/<script[\s\S]*?<\/script>/g, '');
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  const links = [...html.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, link]) => link.replaceAll('&amp;', '&'));
  return { ids, links: new Set(links.filter((link) => !/^(\w+:|\/\/)/.test(link))) };
}
