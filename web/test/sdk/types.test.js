import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as constants from '../../sdk/constants.js';
import TencentCloudChat from '../../sdk/index.js';
import { readFile } from 'node:fs/promises';

const web = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

test('the SDK and its manual agree: tsc --strict has nothing to say', async () => {
  const { stdout } = await run('node_modules/.bin/tsc', ['--project', 'tsconfig.json'], {
    cwd: web,
  });
  assert.equal(stdout, '');
});

test('every event and type is in the manual, with its value', async () => {
  const manual = await readFile(`${web}/sdk/index.d.ts`, 'utf8');
  for (const [name, value] of Object.entries({ ...constants.EVENT, ...constants.TYPES })) {
    assert.ok(manual.includes(`readonly ${name}: '${value}';`), name);
  }
  assert.equal(
    TencentCloudChat.VERSION,
    JSON.parse(await readFile(`${web}/package.json`, 'utf8')).version,
  );
});

test('the manual promises no method that is not there, and hides none', async () => {
  const manual = await readFile(`${web}/sdk/index.d.ts`, 'utf8');
  const [, body] = manual.match(/export interface ChatSDK \{(.*?)\n\}/s);
  const promised = [...body.matchAll(/^  (\w+)[<(]/gm)].map(([, name]) => name);
  const { Chat } = await import('../../sdk/chat.js');
  const there = Object.getOwnPropertyNames(Chat.prototype).filter((name) => name !== 'constructor');
  assert.deepEqual(promised.sort(), there.sort());
});
