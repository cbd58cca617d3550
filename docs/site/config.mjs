// The configuration of VitePress. scripts/site.mjs copies this folder to build/pages/.vitepress and builds the site there.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { SECTIONS } from './sidebar.mjs';

const pages = fileURLToPath(new URL('..', import.meta.url));
const reference = JSON.parse(readFileSync(`${pages}api/typedoc-sidebar.json`, 'utf8')).map((entry) => ({
  ...entry,
  collapsed: false,
}));

const guide = SECTIONS.map(({ items, ...section }) => ({
  collapsed: false,
  ...section,
  items: items
    .filter(([, page]) => existsSync(`${pages}${page}.md`))
    .map(([text, page]) => ({ text, link: `/${page.replace(/index$/, '')}` })),
}));

const base = process.env.SITE_BASE ?? '/';

export default defineConfig({
  title: 'usrsctp-wasm',
  description: 'SCTP with multi-homing for JavaScript: the usrsctp stack in WebAssembly.',
  base,
  lang: 'en',
  head: [['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }]],
  metaChunk: true,
  markdown: { languageAlias: { caddyfile: 'nginx' } },
  vite: { build: { chunkSizeWarningLimit: 4000 } }, // the index of the search is one chunk
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/getting-started' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'API', link: '/api/' },
      { text: 'Live page', link: '/live.html', target: '_self' },
    ],
    sidebar: { '/api/': reference, '/': guide },
  },
});
