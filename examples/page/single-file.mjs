// Makes the page a single file, in which client, server and network are simulated. It can be opened without a server, anywhere:
//   node examples/page/single-file.mjs [FILE]        by default build/page/index.html
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bundle, here } from './bundle.mjs';

/** Nothing may be loaded: all is in the file. */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'img-src data:',
].join('; ');

const file = process.argv[2] ?? 'build/page/index.html';
await mkdir(dirname(file), { recursive: true });
await writeFile(file, await singleFile());
console.log(`open ${file}`);

async function singleFile() {
  const files = await bundle();
  const text = (name) => new TextDecoder().decode(files[name]);
  const icon = (await readFile(here('icon.svg'))).toString('base64');
  const style = text('main.css') + (await readFile(here('style.css'), 'utf8'));
  const replacements = {
    '<meta charset="utf-8">': `<meta charset="utf-8">\n  <meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<link rel="icon" href="/icon.svg" type="image/svg+xml">': `<link rel="icon" href="data:image/svg+xml;base64,${icon}">`,
    '<link rel="stylesheet" href="/main.css">': '',
    '<link rel="stylesheet" href="/style.css">': `<style>${style}</style>`,
    '<script src="/main.js" defer></script>': '',
    '</body>': `<script type="text/plain" id="worker">${script(text('worker.js'))}</script>
<script>${script(text('main.js'))}</script>
</body>`,
  };
  const page = await readFile(here('index.html'), 'utf8');
  let html = page.replace(/ *<p class="if-relayed">[\s\S]*?<\/p>\n/, ''); // it has a link to the site
  for (const [from, to] of Object.entries(replacements)) {
    if (!html.includes(from)) throw new Error(`index.html has no ${from}`);
    html = html.replace(from, () => to);
  }
  return html;
}

/** Code that may stand in an element: nothing in it ends the element. */
function script(code) {
  return code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}
