import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** The file that is being edited; it need not exist. The package is found by its own name. */
const FILE = resolve('example.ts');
/** Keeps the declarations, so that they are parsed once. */
const registry = ts.createDocumentRegistry();

/** Completion as editors get it, for a text whose cursor is at `|`. */
class Editor {
  readonly #text: string;
  readonly #at: number;
  readonly #service: ts.LanguageService;

  constructor(text: string) {
    this.#at = text.indexOf('|');
    this.#text = text.replace('|', '');
    const settings: ts.CompilerOptions = {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts'],
      types: ['node'],
      strict: true,
    };
    const host: ts.LanguageServiceHost = {
      getCompilationSettings: () => settings,
      getScriptFileNames: () => [FILE],
      getScriptVersion: (name) => (name === FILE ? text : '1'),
      getScriptSnapshot: (name) => {
        const content = name === FILE ? this.#text : ts.sys.readFile(name);
        return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
      },
      getCurrentDirectory: () => resolve('.'),
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
      fileExists: (name) => name === FILE || ts.sys.fileExists(name),
      readFile: ts.sys.readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
    };
    this.#service = ts.createLanguageService(host, registry);
  }

  /** What is offered, with the texts that the editor shows beside it. */
  completions(): ReadonlyMap<string, string> {
    const { entries } = this.#service.getCompletionsAtPosition(FILE, this.#at, {}) ?? { entries: [] };
    return new Map(entries.map(({ name }) => [name, this.#documentation(name)]));
  }

  #documentation(name: string): string {
    const [file, at] = [FILE, this.#at];
    const details = this.#service.getCompletionEntryDetails(file, at, name, {}, undefined, undefined, undefined);
    return ts.displayPartsToString(details?.documentation);
  }
}

const undocumented = (completions: ReadonlyMap<string, string>) =>
  [...completions].flatMap(([name, text]) => (text === '' ? [name] : []));

test.each([
  ['Stack', 'await Stack.create({ transport: {} as never })', ['socket', 'close', 'statistics']],
  ['Socket', '(await Stack.create({ transport: {} as never })).socket()', ['bindx', 'listen', 'connectx', 'accept']],
  ['Association', '{} as Association', ['send', 'receive', 'paths', 'on', 'close', 'abort']],
])('an editor offers what is public of a %s, and explains each', (_, value, expected) => {
  const editor = new Editor(`import { type Association, Stack } from 'usrsctp-wasm';\nconst it = ${value};\nit.|`);
  const completions = editor.completions();
  for (const name of expected) expect(completions).toContainEqual([name, expect.stringMatching(/\w/)]);
  expect([...completions.keys()].filter((name) => /^[_#]/.test(name))).toEqual([]);
  expect(undocumented(completions)).toEqual([]);
});

test('an editor offers the options of a stack, and explains each', () => {
  const completions = new Editor(`import { Stack } from 'usrsctp-wasm';\nawait Stack.create({ | });`).completions();
  expect([...completions.keys()]).toEqual(expect.arrayContaining(['transport', 'clock', 'random', 'log']));
  expect(undocumented(completions)).toEqual([]);
});

test('an editor offers the names of events', () => {
  const editor = new Editor(`import { Stack } from 'usrsctp-wasm';
const stack = await Stack.create({ transport: {} as never });
stack.socket().on('|', () => {});`);
  expect([...editor.completions().keys()]).toContain('association');
});
