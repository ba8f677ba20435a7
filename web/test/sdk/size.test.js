import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { pack, widgets } from '../../pack.js';

const web = new URL('../../', import.meta.url);

test('what a page loads stays within its budget, and README names the number', async () => {
  const { budget } = JSON.parse(await readFile(new URL('package.json', web), 'utf8'));
  const packed = await pack();
  for (const [name, most] of [
    ['index.js', budget.gzippedKB],
    ['lists.js', budget.listsGzippedKB],
  ]) {
    const { contents } = packed.find(({ path }) => path.endsWith(`/${name}`));
    const gzipped = gzipSync(contents, { level: 9 }).length;
    assert.ok(gzipped <= most * 1024, `${name}: ${gzipped} bytes, budget ${most} KB`);
  }
  assert.match(
    await readFile(new URL('README.md', web), 'utf8'),
    new RegExp(`at most ${budget.gzippedKB} KB\\s+minified\\s+and\\s+gzipped`),
  );
});

test('the SDK is one file, and one that is loaded when lists are asked for', async () => {
  const { files } = JSON.parse(await readFile(new URL('package.json', web), 'utf8'));
  const imported = /\bimport\b[^;]*?["'](\.[^"']+)["']/g; // of a packed file
  const needs = { 'index.js': ['./lists.js'], 'lists.js': [] };
  for (const [name, needed] of Object.entries(needs)) {
    const text = await readFile(new URL(`dist/${name}`, web), 'utf8');
    assert.deepEqual(
      [...text.matchAll(imported)].map(([, file]) => file),
      needed,
      name,
    );
    assert.ok(files.includes(`dist/${name}`), name);
  }
});

test('the SDK and the poll together stay within theirs', async () => {
  const { budget } = JSON.parse(await readFile(new URL('package.json', web), 'utf8'));
  const { outputFiles } = await build(widgets('widgets/poll.js'));
  const gzipped = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  assert.ok(
    gzipped <= budget.withPollKB * 1024,
    `${gzipped} bytes, budget ${budget.withPollKB} KB`,
  );
  assert.match(
    await readFile(new URL('README.md', web), 'utf8'),
    new RegExp(`at most ${budget.withPollKB} KB\\s+minified\\s+and\\s+gzipped`),
  );
});

test('dist/ is what the sources make: npm run pack', async () => {
  const packed = await pack();
  for (const { path, contents } of packed) {
    assert.ok((await readFile(path)).equals(Buffer.from(contents)), `${path} is not current`);
  }
  const names = packed.map(({ path }) => basename(path)).sort();
  assert.deepEqual((await readdir(new URL('dist/', web))).sort(), names);
});

test('no file is packed that pack.js does not name: the hub serves those alone', async () => {
  const [head] = (await readFile(new URL('pack.js', web), 'utf8')).split('\nimport ');
  const named = [...head.matchAll(/\bdist\/([\w.]+)/g)].map(([, name]) => name);
  const packed = (await pack()).map(({ path }) => basename(path));
  const files = packed.filter((name) => !name.endsWith('.map'));
  assert.deepEqual(files.sort(), named.sort());
});

test('no file is longer than one sitting', async () => {
  const limits = { sdk: 250, widgets: 400 };
  for (const [folder, limit] of Object.entries(limits)) {
    const names = await readdir(new URL(`${folder}/`, web));
    for (const name of names.filter((one) => one.endsWith('.js'))) {
      const text = await readFile(new URL(`${folder}/${name}`, web), 'utf8');
      const lines = text.split('\n').length;
      assert.ok(lines <= limit, `${folder}/${name}: ${lines} lines`);
    }
  }
});

test('no comment is wider than 100 columns, no code than 120', async () => {
  const folders = ['sdk', 'hooks', 'widgets', 'demo', 'test'];
  const kinds = ['.js', '.ts', '.css'];
  const asPublished = 'samples.test.js'; // the comments of Tencent's samples
  let files = 0;
  for (const folder of folders) {
    const root = new URL(`${folder}/`, web);
    const names = await readdir(root, { recursive: true });
    for (const name of names.filter((one) => kinds.includes(extname(one)))) {
      const lines = (await readFile(new URL(name, root), 'utf8')).split('\n');
      lines.forEach((line, at) => {
        const isComment = /^\s*(\/\/|\/\*|\*)/.test(line) && !name.endsWith(asPublished);
        assert.ok(line.length <= (isComment ? 100 : 120), `${folder}/${name}:${at + 1}`);
      });
      files++;
    }
  }
  assert.ok(files > 60, `${files} files`);
});
