import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const run = promisify(execFile);
const { repository, version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  repository: { url: string };
  version: string;
};

/** What npm warns of when the package is published by somebody who is logged in, to a registry that doesn't answer. */
async function warningsOfPublishing(): Promise<string[]> {
  const registry = ['--registry', 'http://127.0.0.1:9/', '--//127.0.0.1:9/:_authToken=none', '--fetch-retries', '0'];
  const { stderr } = await run('npm', ['publish', '--dry-run', ...registry]);
  expect(stderr).toContain('Publishing to http://127.0.0.1:9/');
  return stderr.split('\n').filter((line) => /^npm (warn|error)/i.test(line));
}

test('npm publish --dry-run warns of nothing', async () => expect(await warningsOfPublishing()).toEqual([]));

test.each(['README.md', 'docs/getting-started.md'])('%s installs the archive of this version', (file) => {
  const archives = readFileSync(file, 'utf8').match(/usrsctp-wasm-\d[\w.-]*\.tgz/g) ?? [];
  for (const archive of archives) expect(archive).toBe(`usrsctp-wasm-${version}.tgz`);
});

test('the workflow publishes only from the repository that package.json names', async () => {
  const { jobs } = parse(readFileSync('.github/workflows/publish.yml', 'utf8')) as {
    jobs: { publish: { steps: { run?: string }[] } };
  };
  const [check = ''] = jobs.publish.steps.flatMap(({ run = '' }) => (run.includes('repository.url') ? [run] : []));
  const publishing = (name: string) => {
    const env = { ...process.env, GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: name };
    return run('bash', ['-e', '-c', check], { env });
  };
  const [, name = ''] = /github\.com\/(.*)\.git$/.exec(repository.url) ?? [];
  await publishing(name);
  await expect(publishing('someone/else')).rejects.toThrow();
});

test('nothing but package.json names the address of the repository, so that nothing else has to change with it', () => {
  const [, address = ''] = /^git\+https:\/\/(.*)\.git$/.exec(repository.url) ?? [];
  const pages = `${address.split('/')[1]}.github.io`;
  const folders = ['.github', 'docs', 'examples', 'scripts', 'src', 'bench', 'usrsctp'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const files = [...readdirSync('.'), ...folders].filter((name) => /\.(md|ya?ml|[mc]?[jt]s|json|html|sh)$/.test(name));
  const naming = files.filter((file) => [address, pages].some((each) => readFileSync(file, 'utf8').includes(each)));
  expect(naming).toEqual(['package.json']);
});
