// Builds the documentation site into build/site: node scripts/site.mjs [--serve]
// It needs dist/, which ./build.sh makes: the live page is a part of the site.
//
// The pages are docs/**/*.md as they are, so that they can be read in a checkout and in the package, too. Their relative
// links work on the site: those to other documents lead to their pages, and those to other files of the repository to a
// page that shows the file. The API reference is typedoc's, as pages of the same site. The environment variable
// SITE_BASE is the path below which the site will be served, such as /usrsctp-wasm/; by default it is /.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Application, TSConfigReader, TypeDocReader } from 'typedoc';
import { build, serve } from 'vitepress';
import { SECTIONS } from '../docs/site/sidebar.mjs';
import { deadLinksOf } from './site/links.mjs';
import { writePages } from './site/pages.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = `${ROOT}build/pages`;
const SITE = `${ROOT}build/site`;

if (process.argv.includes('--serve')) {
  await serve({ root: PAGES, port: 4173 });
} else if (!existsSync(`${ROOT}dist/index.js`)) {
  fail('Run ./build.sh first: the live page is a part of the site.');
} else {
  rmSync(PAGES, { recursive: true, force: true });
  rmSync(SITE, { recursive: true, force: true });
  mkdirSync(PAGES, { recursive: true });
  await writeReference();
  checkSidebar(writePages(ROOT, PAGES));
  await buildSite();
  checkLinks();
}

/** Writes typedoc's pages to build/pages/api. Any of its warnings is an error: see typedoc.json. */
async function writeReference() {
  const options = {
    options: `${ROOT}typedoc.json`,
    plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
    out: `${PAGES}/api`,
    docsRoot: PAGES,
    readme: 'none',
    logLevel: 'Warn',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    name: 'API reference',
    indexFormat: 'table', // with the first paragraph of each entry
    parametersFormat: 'table', // what else can be a table has types that are too wide
    sidebar: { pretty: false },
  };
  const app = await Application.bootstrapWithPlugins(options, [new TypeDocReader(), new TSConfigReader()]);
  const project = await app.convert();
  if (project === undefined) process.exit(1);
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
}

async function buildSite() {
  cpSync(`${ROOT}docs/site`, `${PAGES}/.vitepress`, { recursive: true });
  cpSync(`${ROOT}examples/page/icon.svg`, `${PAGES}/public/icon.svg`);
  cpSync(`${ROOT}docs/page.webp`, `${PAGES}/public/page.webp`);
  execFileSync(process.execPath, ['examples/page/single-file.mjs', `${PAGES}/public/live.html`], { cwd: ROOT });
  const warnings = watchWarnings();
  await build(PAGES, { outDir: SITE });
  if (warnings.length > 0) fail('VitePress has warned, see above.');
}

/** Everything that is written to the console as a warning. */
function watchWarnings() {
  const warnings = [];
  for (const name of ['warn', 'error']) {
    const write = console[name];
    console[name] = (...args) => {
      warnings.push(args);
      write(...args);
    };
  }
  return warnings;
}

/** Each document must be in the sidebar, once: otherwise nobody finds it. */
function checkSidebar(pages) {
  const listed = ['index.md', ...SECTIONS.flatMap(({ items }) => items.map(([, page]) => `${page}.md`))];
  const repeated = listed.filter((page, index) => listed.indexOf(page) !== index);
  if (repeated.length > 0) fail(`docs/site/sidebar.mjs lists ${repeated.join(', ')} twice`);
  const missing = pages.filter((page) => !listed.includes(page));
  if (missing.length > 0) fail(`docs/site/sidebar.mjs doesn't list ${missing.join(', ')}`);
}

function checkLinks() {
  const { dead, count } = deadLinksOf(SITE, process.env.SITE_BASE ?? '/');
  if (dead.length > 0) fail(`These links lead nowhere:\n${dead.join('\n')}`);
  writeFileSync(`${SITE}/.nojekyll`, '');
  console.log(`build/site: ${count} links are alive`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
