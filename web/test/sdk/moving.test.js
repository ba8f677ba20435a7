// An app of Tencent's web SDK moves by changing one import and naming the server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import TencentCloudChat, { ChatError } from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { secretKey, sign } from './fixture.js';

const web = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const vendor = await readFile(join(web, 'node_modules/@tencentcloud/chat/index.d.ts'), 'utf8');
const { EVENT, TYPES, TSignaling } = TencentCloudChat;

/** The body of a declaration of Tencent's types. */
const declared = (head) => vendor.match(new RegExp(`${head} \\{([\\s\\S]*?)\\n *\\}`))[1];

test('every name of EVENT, TYPES and TSignaling is here, with its value', () => {
  for (const [name, ours] of Object.entries({ EVENT, TYPES, TSignaling })) {
    const theirs = [...declared(`enum ${name}`).matchAll(/^\s+(\w+) = ([^,\n]+)/gm)];
    assert.ok(theirs.length > 10, `${name}: ${theirs.length} names`);
    for (const [, key, value] of theirs) {
      const parsed = value.startsWith("'") ? value.slice(1, -1) : Number(value);
      assert.equal(ours[key], parsed, `${name}.${key}`);
    }
  }
});

const methods = [...declared('class ChatSDK').matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);

test('every method exists; what is not built rejects with 2998 and its name', async (t) => {
  t.mock.method(console, 'warn', () => {});
  const { TencentChat } = await import('../../sdk/tencent.js');
  const environment = { url: 'ws://127.0.0.1:1/ws', WebSocket, clock: { now: () => 0 } };
  const chat = new TencentChat(
    1,
    { ...environment, random: () => 0, onWake: () => () => {} },
    () => {},
  );
  assert.ok(methods.length > 140, `${methods.length} methods`);
  for (const name of methods) assert.equal(typeof chat[name], 'function', name);

  const manual = await readFile(join(web, 'sdk/index.d.ts'), 'utf8');
  const [, absent] = manual.match(/export interface Absent \{(.*?)\n\}/s);
  const lines = [...absent.matchAll(/Not in Exthub: (\w+).*?\n {2}(\w+)\(/gs)];
  assert.ok(lines.length > 100, `${lines.length} absent`);
  const refused = (name) => (error) =>
    error instanceof ChatError && error.code === 2998 && error.message.startsWith(`${name} `);
  for (const [, how, name] of lines) {
    if (how === 'rejects') await assert.rejects(chat[name]({}), refused(name), name);
    else if (how === 'throws') assert.throws(() => chat[name]({}), refused(name), name);
    else if (how === 'calls') {
      const errors = [];
      chat[name]({}, assert.fail, (error) => errors.push(error));
      assert.ok(errors.length === 1 && refused(name)(errors[0]), name);
    } else assert.ok(!(chat[name]('x', () => {}) > 0), name);
  }
});

test('a handler of an unknown event is warned about, one of EVENT is not', async (t) => {
  const warn = t.mock.method(console, 'warn', () => {});
  const chat = TencentCloudChat.create({
    SDKAppID: 77,
    proxyServer: 'ws://127.0.0.1:1/ws',
    WebSocket,
  });
  t.after(() => chat.destroy());
  for (const name of Object.values(EVENT)) chat.on(name, () => {});
  assert.equal(warn.mock.callCount(), 0);
  chat.on('onMessageRecieved', () => {});
  assert.match(warn.mock.calls[0].arguments[0], /onMessageRecieved/);
});

/** Runs the body with a folder that has the apps, as they are or with the import changed. */
async function withApps(moved, body) {
  const folder = await mkdtemp(join(tmpdir(), 'exthub-moving-'));
  try {
    for (const name of ['poll.ts', 'chat.ts']) {
      const app = await readFile(join(web, 'test/sdk/vendor', name), 'utf8');
      const named = moved ? app.replaceAll("'@tencentcloud/chat'", "'exthub'") : app;
      assert.equal(named === app, !moved);
      await writeFile(join(folder, name), named);
    }
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    const config = await readFile(join(web, 'test/sdk/vendor/tsconfig.json'), 'utf8');
    await writeFile(join(folder, 'tsconfig.json'), config);
    await run('mkdir', ['-p', join(folder, 'node_modules/@tencentcloud')]);
    await symlink(web, join(folder, 'node_modules/exthub'));
    await symlink(
      join(web, 'node_modules/@tencentcloud/chat'),
      join(folder, 'node_modules/@tencentcloud/chat'),
    );
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts apps as one page each, on a hub. */
async function starter(t, folder, name, App) {
  const { build } = await import('esbuild');
  const outdir = join(folder, 'dist');
  await build({
    entryPoints: [join(folder, `${name}.ts`)],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
  });
  const hub = await Hub.start('--secret-key', secretKey);
  t.after(() => hub.stop());
  globalThis.WebSocket ??= WebSocket;
  return async (userID) => {
    // A copy of the module for each: one page is one user.
    const module = await import(`${pathToFileURL(join(outdir, `${name}.mjs`))}?${userID}`);
    const app = new module[App]({
      SDKAppID: 1400000000,
      proxyServer: hub.url,
      userID,
      userSig: sign(userID, 3600),
    });
    t.after(() => app.stop());
    await app.start();
    return app;
  };
}

const asMember = (userID) => `${userID}/0/false`;

for (const moved of [false, true]) {
  test(`strict apps compile against ${moved ? 'Exthub' : "Tencent's SDK"}`, () =>
    withApps(moved, async (folder) => {
      const tsc = join(web, 'node_modules/.bin/tsc');
      const { stdout } = await run(tsc, ['--project', folder]).catch((error) => error);
      assert.equal(stdout, '');
    }));
}

test('and runs: login, group, poll, votes, withdrawal', { timeout: 300_000 }, (t) =>
  withApps(true, async (folder) => {
    const start = await starter(t, folder, 'poll', 'PollApp');
    const [alice, bob] = [await start('alice'), await start('bob')];
    assert.equal((await alice.makeGroup('lunch', TYPES.GRP_PUBLIC)).groupID, 'lunch');
    assert.equal(await bob.join('lunch'), true);
    assert.deepEqual((await alice.members('lunch')).sort(), ['alice', 'bob']);

    const poll = await alice.ask('lunch', 'Where?', ['Noodles', 'Rice']);
    await bob.until(() => bob.messages.length === 1);
    assert.equal((await bob.history('lunch'))[0].ID, poll.ID);
    assert.equal(await bob.vote(bob.messages[0], 2), 'voted');
    await alice.until(() => alice.votes.get(poll.ID)?.get('bob_0') === '2');
    assert.deepEqual(await alice.read(poll), [{ key: 'bob_0', value: '2' }]);
    await bob.withdraw(bob.messages[0]);
    await alice.until(() => !alice.votes.get(poll.ID).has('bob_0'));
    assert.equal(await alice.friends(), '2998');
    assert.ok(bob.log.includes('online'));
  }),
);

test('and so does one with conversations and groups', { timeout: 300_000 }, (t) =>
  withApps(true, async (folder) => {
    const start = await starter(t, folder, 'chat', 'ChatApp');
    const [alice, bob] = [await start('alice'), await start('bob')];
    assert.equal(await alice.makeGroup('Lunch', ['carl']), 'Lunch/2/Owner///');
    const [{ groupID }] = (await alice.chat.getGroupList()).data.groupList;
    assert.equal(await bob.join(groupID), 'Lunch/3/Member///');
    assert.equal(await bob.join(groupID), 'Lunch/3/Member///', 'who is in it already');
    assert.deepEqual(await bob.members(groupID), ['alice', 'carl', 'bob'].map(asMember));
    assert.deepEqual(await bob.members(groupID, TYPES.GRP_MBR_ROLE_OWNER), [asMember('alice')]);
    assert.deepEqual(await alice.replace(groupID, 'carl', 'dora'), [
      'Lunch/2/Owner///',
      'Lunch/3/Owner///',
    ]);

    const arrival = new Promise((resolve) => bob.chat.once(EVENT.MESSAGE_RECEIVED, resolve));
    const message = await alice.say(groupID, 'Noodles?');
    await arrival;
    assert.deepEqual(await bob.titles(), ['Lunch: Noodles?'], 'a conversation of this moment');
    const { data } = await alice.chat.revokeMessage(message);
    assert.equal(alice.revokedBy(data.message), 'alice');
  }),
);
