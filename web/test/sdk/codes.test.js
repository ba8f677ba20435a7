import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { CODES } from '../../sdk/codes.js';

test('the SDK knows every code of PROTOCOL.md, in its words', async () => {
  const protocol = await readFile(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
  const rows = [...protocol.matchAll(/^\| (-?\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => [
    code,
    meaning,
  ]);
  assert.ok(rows.length > 30);
  assert.deepEqual({ ...CODES }, Object.fromEntries(rows));
});
