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
  const lines = Object.entries(layouts).map(
    ([name, layout]) => `export const ${name} = /* @__PURE__ */ struct(${JSON.stringify(words(layout).join(' '))});`,
  );
  return [parse, struct, ...lines].join('\n');
}

/** NAME SIZE, and FIELD OFFSET TYPE for each field; bytes have their length for a type, and structs are in braces. */
function words({ name, size, fields }) {
  const typeOf = (field) => {
    if (field.type === 'struct') return ['{', ...words(field), '}'];
    return [field.type === 'bytes' ? field.length : field.type];
  };
  return [name, size, ...Object.entries(fields).flatMap(([field, value]) => [field, value.offset, ...typeOf(value)])];
}

/** Runs where the bundle runs. */
function struct(text) {
  const [name, size] = text.split(' ', 2);
  let fields;
  return {
    name,
    size: +size,
    get fields() {
      fields ??= parse(text.split(' ').reverse()).fields;
      return fields;
    },
  };
}

/** Runs where the bundle runs. The words are in reverse order. */
function parse(words) {
  const name = words.pop();
  const size = +words.pop();
  const fields = {};
  for (let field = words.pop(); field !== undefined && field !== '}'; field = words.pop()) {
    const offset = +words.pop();
    const type = words.pop();
    if (type === '{') fields[field] = { offset, type: 'struct', ...parse(words) };
    else fields[field] = type > 0 || type === '0' ? { offset, type: 'bytes', length: +type } : { offset, type };
  }
  return { name, size, fields };
}
