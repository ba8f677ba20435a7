// What the SDK may use: it is served as it is, also to browsers of 2021.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

const web = new URL('../../', import.meta.url);

/** What came later than the browsers that README.md lists, or not to all of them by then. */
const LATER = {
  'a private name (methods: Safari 15)': /[\s.(!]#[a-zA-Z_]/,
  'a static block (Safari 16.4)': /\bstatic\s*\{/,
  'a lookbehind (Safari 16.4)': /\(\?<[=!]/,
  'at() (Safari 15.4)': /\.at\(/,
  'findLast (Safari 15.4)': /\.findLast(Index)?\(/,
  'Object.hasOwn (Safari 15.4)': /\bhasOwn\(/,
  'structuredClone (Safari 15.4)': /\bstructuredClone\b/,
  'randomUUID (Safari 15.4)': /\brandomUUID\b/,
  'cause of an Error (Safari 15)': /\{ cause\b/,
  'AbortSignal.timeout and any (Safari 16)': /\bAbortSignal\./,
  'copies of arrays (Safari 16)': /\.(toSorted|toReversed|toSpliced|with)\(/,
  'groupBy (Safari 17.4)': /\bgroupBy\(/,
  'fromAsync, withResolvers (2024)': /\b(fromAsync|withResolvers)\(/,
  'methods of sets (Safari 17)': /\.(union|intersection|difference|isSubsetOf)\(/,
  'methods of iterators (Safari 18.4)': /\.(values|keys|entries)\(\)\s*\.(map|filter|take|some)/,
};

test('a browser of 2021 finds nothing in the SDK that it does not know', async () => {
  const names = (await readdir(new URL('sdk/', web))).filter((name) => name.endsWith('.js'));
  for (const name of names) {
    const source = await readFile(new URL(`sdk/${name}`, web), 'utf8');
    const code = source.replace(/\/\*[^]*?\*\/|\/\/ .*/g, '');
    for (const [what, pattern] of Object.entries(LATER))
      assert.doesNotMatch(code, pattern, `${name} uses ${what}`);
    assert.doesNotMatch(code, /^(const|let|await)\b.*\bawait\b/m, `${name} awaits at its top`);
  }
});

test('the types are checked with the library of that year', async () => {
  const { compilerOptions } = JSON.parse(await readFile(new URL('tsconfig.json', web), 'utf8'));
  assert.deepEqual([compilerOptions.target, compilerOptions.lib[0]], ['es2021', 'es2021']);
});
