// conformance.mjs: writes docs/conformance.md from the calls of requirement(), deviation() and untested() in
// test/conformance. The document says for each sentence of an RFC which test checks it, or why none does.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const FOLDER = fileURLToPath(new URL('../test/conformance/', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../docs/conformance.md', import.meta.url));

const INTRODUCTION = `# Conformance

Which sentences of the RFCs are tested, sentence by sentence, in our own words. \`test/conformance\` has the tests: each sends
raw packets to a stack in virtual time, and compares the fields of the answers. \`npm run test:conformance\` runs them, and
\`node scripts/conformance.mjs\` writes this page from their sources.

\`AS-I-1-2-1\` and the like are test purposes of ETSI TS 102 369, spelled as in nplab's implementation for packetdrill.
"Does" marks a description that the RFC gives without a word of RFC 2119.

usrsctp also implements two extensions that no RFC defines: NR-SACK (draft-natarajan-tsvwg-sctp-nrsack), which tells what the
receiver won't discard any more, and PKTDROP (draft-stewart-tsvwg-sctp-pktdrprep), which reports corrupt packets. Both are off,
aren't listed in INIT and INIT ACK, and are unknown chunks then. A program can set the options \`nrSack\` and \`packetDrop\` of a
socket; they are used if both ends list them.
`;

/** The calls in the files, by RFC and section. `files` maps names to sources. */
export function requirementsIn(files) {
  const rows = Object.entries(files).flatMap(([name, source]) => rowsOf(name, source));
  return rows.sort((a, b) => compare(a.rfc, b.rfc) || compareSections(a.section, b.section));
}

export function documentOf(rows) {
  const parts = [INTRODUCTION, summary(rows)];
  for (const rfc of new Set(rows.map((row) => row.rfc))) {
    parts.push(`## ${rfc}\n`, table(rows.filter((row) => row.rfc === rfc)));
  }
  return parts.join('\n');
}

export function sources() {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts'));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(FOLDER + name, 'utf8')]));
}

function rowsOf(file, source) {
  const rows = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && KINDS.has(node.expression.getText(tree))) rows.push(rowOf(file, node));
    ts.forEachChild(node, visit);
  };
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  visit(tree);
  return rows;
}

const KINDS = new Set(['requirement', 'deviation', 'untested']);

function rowOf(file, call) {
  const kind = call.expression.getText();
  const count = kind === 'requirement' ? 4 : 5;
  const texts = call.arguments.slice(0, count).map((argument) => {
    if (ts.isStringLiteralLike(argument)) return argument.text;
    throw new Error(`${file}: ${argument.getText()} must be a literal`);
  });
  const [rfc, section, level, sentence, reason] = texts;
  const fifth = call.arguments[4];
  const purpose = kind === 'requirement' && ts.isStringLiteralLike(fifth) ? fifth.text : undefined;
  return { kind, file, rfc, section, level, sentence, reason, purpose };
}

function summary(rows) {
  const lines = ['| RFC | tests | deviations | not tested here |', '|---|---|---|---|'];
  const counts = (some) =>
    ['requirement', 'deviation', 'untested'].map((kind) => some.filter((row) => row.kind === kind));
  const line = (label, some) => `| ${[label, ...counts(some).map(({ length }) => length)].join(' | ')} |`;
  for (const rfc of new Set(rows.map((row) => row.rfc))) {
    lines.push(
      line(
        rfc,
        rows.filter((row) => row.rfc === rfc),
      ),
    );
  }
  lines.push(line('all', rows), '');
  return lines.join('\n');
}

function table(rows) {
  const lines = rows.map((row) => `| ${row.section} | ${row.level} | ${cell(row.sentence)} | ${proof(row)} |`);
  return ['| section | | requirement | test |', '|---|---|---|---|', ...lines, ''].join('\n');
}

function proof({ kind, file, reason, purpose }) {
  if (kind === 'untested') return `not tested here: ${cell(reason)}`;
  const where = `\`${file.replace('.test.ts', '')}\``;
  if (kind === 'deviation') return `${where}: **not followed.** ${cell(reason)}`;
  return purpose === undefined ? where : `${where}, ${purpose.toUpperCase()}`;
}

const cell = (text) => text.replaceAll('|', '\\|');
const compare = (a, b) => a.localeCompare(b, 'en', { numeric: true });

/** Sections by their numbers; appendices, which begin with a letter, come last. */
function compareSections(a, b) {
  return Number(/^[A-Z]/.test(a)) - Number(/^[A-Z]/.test(b)) || compare(a, b);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = requirementsIn(sources());
  writeFileSync(DOCUMENT, documentOf(rows));
  console.log(`${rows.length} requirements: docs/conformance.md`);
}
