import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Chat } from '../../sdk/chat.js';
import TencentCloudChat from '../../sdk/index.js';
import * as names from '../../sdk/names.js';
import { TencentChat } from '../../sdk/tencent.js';
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
  const { EVENT, TYPES, TSignaling } = names;
  for (const [name, value] of Object.entries({ ...EVENT, ...TYPES, ...TSignaling })) {
    const literal = typeof value === 'number' ? value : `'${value}'`;
    assert.ok(manual.includes(`readonly ${name}: ${literal};`), name);
  }
  assert.equal(
    TencentCloudChat.VERSION,
    JSON.parse(await readFile(`${web}/package.json`, 'utf8')).version,
  );
});

test('the manual promises no method that is not there, and hides none', async () => {
  const manual = await readFile(`${web}/sdk/index.d.ts`, 'utf8');
  const promised = ['ChatSDK extends Absent, ListMethods', 'ListMethods', 'Absent'].flatMap(
    (name) => {
      const [, body] = manual.match(new RegExp(`export interface ${name} \\{(.*?)\n\\}`, 's'));
      return [...body.matchAll(/^  (\w+)[<(]/gm)].map(([, method]) => method);
    },
  );
  const environment = { url: 'ws://127.0.0.1:1/ws', clock: { now: () => 0 } };
  const outside = { ...environment, random: () => 0, onWake: () => () => {} };
  const chat = new TencentChat(1, outside, () => {});
  const there = [chat, Chat.prototype, TencentChat.prototype]
    .flatMap(Object.getOwnPropertyNames)
    .filter((name) => name !== 'constructor' && !name.startsWith('_'));
  assert.deepEqual(promised.sort(), there.sort());
});
