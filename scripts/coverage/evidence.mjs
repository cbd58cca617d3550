// Finds the tests in a test file, and checks that the names in a table exist.

/** The tests of a file that expect something: `{ file, title, code }`. The code includes the file's functions it calls. */
export function testsOf([file, text]) {
  const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, '').replace(/\s\/\/ .*$/gm, '');
  const starts = [...code.matchAll(/^ *test(?:\.each)?[(]/gm)].map(({ index }) => index);
  const helpers = [...code.matchAll(/^(?:async )?function (\w+)[\s\S]*?^}/gm)];
  const called = (test) => helpers.filter(([, name]) => new RegExp(`\\b${name}\\(`).test(test)).map(([body]) => body);
  return starts
    .map((start, index) => code.slice(start, starts[index + 1]))
    .filter((test) => /expect\(/.test(test))
    .map((test) => ({ file, title: titleOf(test), code: [test, ...called(test)].join('\n') }));
}

/** The names in a cell of the table, such as `association.send()` or `association 'path'`, that don't exist. */
export function unknownNames(cell, api) {
  const members = [...cell.matchAll(/\b(stack|socket|association|stream|transport)\.(\w+)/g)];
  const events = [...cell.matchAll(/\b(socket|association) ('\w+'(?: and '\w+')*)/g)].flatMap(([, owner, names]) =>
    [...names.matchAll(/\w+(?=')/g)].map(([name]) => [`${owner} '${name}'`, `${owner}Events`, name]),
  );
  const own = [...cell.matchAll(/(?<![.\w'])(\w+)\(/g)].map(([, name]) => [`${name}()`, 'functions', name]);
  return [...members, ...events, ...own].filter(([, owner, name]) => !api[owner]?.has(name)).map(([whole]) => whole);
}

function titleOf(test) {
  return (/(?<quote>['"`])(?<title>(?:(?!\k<quote>).)+)\k<quote>/.exec(test)?.groups.title ?? '').replaceAll(
    '|',
    '\\|',
  );
}
