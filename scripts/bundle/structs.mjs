// A plugin for esbuild: the structs of src/generated as text, of which a bundle reads those that it needs.
import { build } from 'esbuild';

/** As objects, made one and all when the package is imported, they took a millisecond. */
export const structsAsText = {
  name: 'structs-as-text',
  setup({ onLoad }) {
    onLoad({ filter: /generated\/layouts\.ts$/ }, async ({ path }) => ({ contents: await compact(path) }));
  },
};

async function compact(path) {
  const { outputFiles } = await build({ entryPoints: [path], write: false, format: 'esm' });
  const layouts = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const lines = Object.entries(layouts).map(([name, layout]) => {
    const text = JSON.stringify(words(layout.fields).join(' '));
    return `export const ${name} = /* @__PURE__ */ struct("${layout.name}", ${layout.size}, ${text});`;
  });
  return [parse, struct, ...lines].join('\n');
}

/** FIELD OFFSET TYPE for each field. The type of bytes is their length, and that of a struct { NAME SIZE … }. */
function words(fields) {
  const typeOf = ({ type, length, name, size, fields }) => {
    if (type === 'struct') return ['{', name, size, ...words(fields), '}'];
    return [type === 'bytes' ? length : type];
  };
  return Object.entries(fields).flatMap(([field, value]) => [field, value.offset, ...typeOf(value)]);
}

/** Runs where the bundle runs. */
function struct(name, size, text) {
  let fields;
  return {
    name,
    size,
    get fields() {
      fields ??= parse(text.split(' ').reverse());
      return fields;
    },
  };
}

/** Runs where the bundle runs. The words are in reverse order. */
function parse(words) {
  const fields = {};
  for (let field = words.pop(); field && field !== '}'; field = words.pop()) {
    const offset = +words.pop();
    const type = words.pop();
    if (type === '{')
      fields[field] = { offset, type: 'struct', name: words.pop(), size: +words.pop(), fields: parse(words) };
    else fields[field] = type > 0 || type === '0' ? { offset, type: 'bytes', length: +type } : { offset, type };
  }
  return fields;
}
