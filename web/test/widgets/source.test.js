// What a widget shows over the client that widgets have of their own, on a real hub: the pairs as
// they are, whatever comes late, twice or not at all.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Client } from '../../sdk/client.js';
import { environmentOf } from '../../sdk/environment.js';
import { Session } from '../../sdk/session.js';
import { Answer } from '../../widgets/answer.js';
import { Source } from '../../widgets/source.js';
import { Hub } from '../hub.js';
import { secretKey, send, set, sign } from '../sdk/fixture.js';
import { TcpProxy } from '../sdk/proxy.js';
import { pick, seeded } from '../sdk/random.js';
import { User } from '../sdk/user.js';
import { Line } from './line.js';

const timeout = 60_000;
const flags = ['--secret-key', secretKey, '--message-rate', '0', '--max-tombstones', '10'];

let hub;
before(async () => (hub = await Hub.start(...flags)), { timeout: 300_000 });
after(() => hub.stop());

/** What is tested is the order of things. So nothing ends because a busy machine takes long. */
const SLOW = 10;
const slowClock = {
  setTimeout: (run, ms) => setTimeout(() => run(), ms * SLOW),
  clearTimeout: (timer) => clearTimeout(timer),
  now: () => performance.now() / SLOW,
  time: () => Date.now(),
};

let groups = 0;

/** Alice sends a message to a new group, which Bob's widget is to follow over a line of its own. */
async function start(t, { on = hub, extensionRules } = {}) {
  const alice = await User.logIn(t, on, 'alice');
  const groupID = `source-${++groups}`;
  await alice.chat.createGroup({ groupID, name: 'Test', type: 'Public' });
  const message = await send(alice, groupID, { extensionRules });
  const proxy = await TcpProxy.open(t, on);
  const line = new Line();
  const options = { proxyServer: proxy.url, WebSocket: line.WebSocket };
  const environment = { ...environmentOf(options), clock: slowClock, random: () => 0 };
  const client = new Client(1400000000, environment, Session);
  t.after(() => client.destroy());
  await client.login({ userID: 'bob', userSig: sign('bob', 3600) });
  return { alice, groupID, message, proxy, line, ...follow(client, message.ID) };
}

/** Follows a message as a widget does. until resolves when what it shows is so. */
function follow(client, messageID) {
  const waiting = new Set();
  const troubles = [];
  const look = () => {
    for (const wait of [...waiting]) {
      if (!wait.isSo(source)) continue;
      waiting.delete(wait);
      wait.resolve();
    }
  };
  const source = new Source(client, messageID, {
    mayJoin: true,
    onChange: look,
    onTrouble: ({ code }) => troubles.push(code),
  });
  const until = (isSo) =>
    new Promise((resolve) => {
      waiting.add({ isSo, resolve });
      look();
    });
  const heard = (name, isIt) =>
    new Promise((resolve) => client.on(name, ({ data }) => isIt(data) && resolve()));
  return { client, source, until, heard, troubles };
}

const remove = (user, message, key) => user.chat.deleteMessageExtensions(message, [key]);
const shown = ({ pairs }) => Object.fromEntries([...pairs].sort());

/** The pairs as who reads them anew gets them. */
async function stored({ chat }, message) {
  const { data } = await chat.getMessageExtensions(message);
  return Object.fromEntries(data.extensions.map(({ key, value }) => [key, value]).sort());
}

/** Resolves once nothing but what is there is shown. */
async function settled({ alice, message, until }, mark) {
  await set(alice, message, 'mark', mark);
  const there = await stored(alice, message);
  await until((source) => source.online && isDeepStrictEqual(shown(source), there));
}

test(
  'a page that events have overtaken brings back no older value and no deleted pair',
  { timeout },
  async (t) => {
    const { alice, message, line, source, heard } = await start(t);
    await set(alice, message, 'changes', 'old');
    await set(alice, message, 'goes', '1');
    await set(alice, message, 'stays', '1');
    line.holdAnswers('getMessageExtensions');
    const page = line.answer('getMessageExtensions');
    const opened = source.open();
    await page;
    const changed = heard('onMessageExtensionsUpdated', ({ extensions }) =>
      extensions.some(({ value }) => value === 'new'),
    );
    const gone = heard('onMessageExtensionsDeleted', ({ keyList }) => keyList.includes('goes'));
    await set(alice, message, 'changes', 'new');
    await remove(alice, message, 'goes');
    await Promise.all([changed, gone]);
    line.release();
    await opened;
    assert.deepEqual(shown(source), { changes: 'new', stays: '1' });
  },
);

test(
  'what is told between two answers of one read is not undone when the read is over',
  { timeout },
  async (t) => {
    const { alice, message, line, source, heard } = await start(t);
    for (const read of [() => source.open(), () => source.read()]) {
      await set(alice, message, 'changes', 'old');
      await set(alice, message, 'goes', '1');
      line.holdRequests('getMessageExtensionSummary');
      const page = line.answer('getMessageExtensions');
      const done = read();
      await page;
      const gone = heard('onMessageExtensionsDeleted', ({ keyList }) => keyList.includes('goes'));
      await set(alice, message, 'changes', 'new');
      await remove(alice, message, 'goes');
      await gone;
      line.release();
      await done;
      assert.deepEqual(shown(source), { changes: 'new' });
    }
  },
);

test(
  'what happened while the connection was cut in the middle of the first read is shown',
  { timeout },
  async (t) => {
    const { alice, message, proxy, line, source, until } = await start(t);
    await set(alice, message, 'changes', 'old');
    line.holdRequests('getMessageExtensionSummary');
    const page = line.answer('getMessageExtensions');
    const opened = source.open();
    await page;
    proxy.cut();
    await until(({ online }) => !online);
    await set(alice, message, 'changes', 'new');
    line.release();
    proxy.restore();
    await opened;
    await until(({ pairs }) => pairs.get('changes') === 'new');
    assert.equal(source.summary.pairs, 1);
  },
);

test(
  'a summary that an event has overtaken does not take votes back, nor open what is closed',
  { timeout },
  async (t) => {
    const extensionRules = { write: 'own', questions: [{ choices: 2 }], show: 'summary' };
    const context = await start(t, { extensionRules });
    const { alice, message, line, source, until, heard } = context;
    await source.open();
    line.holdAnswers('getMessageExtensionSummary');
    const answer = line.answer('getMessageExtensionSummary');
    const read = source.read();
    await answer;
    await set(alice, message, 'alice', '2');
    await until(({ summary }) => summary.pairs === 1);
    line.release();
    await read;
    assert.deepEqual(source.summary.answers, [[0, 1]]);

    line.holdAnswers('getMessageExtensionSummary');
    const late = line.answer('getMessageExtensionSummary');
    const again = source.read();
    await late;
    const closed = heard('onMessageExtensionsClosed', ({ messageID }) => messageID === message.ID);
    await alice.chat.closeMessageExtensions(message);
    await closed;
    let opens = 0;
    void until(({ summary }) => summary.closedSeq === undefined).then(() => opens++);
    line.release();
    await again;
    assert.ok(source.summary.closedSeq);
    assert.equal(opens, 0);
  },
);

test(
  'after a cut connection nothing old is left, however much was deleted meanwhile',
  { timeout },
  async (t) => {
    const context = await start(t);
    const { alice, message, proxy, source, until } = context;
    const many = Array.from({ length: 25 }, (_, at) => `k${at}`);
    for (const key of many) await set(alice, message, key, '1');
    await source.open();
    // At first the hub lists what was deleted, then only what is there.
    for (const gone of [many.slice(0, 1), many.slice(1, 20)]) {
      proxy.cut();
      await until(({ online }) => !online);
      for (const key of gone) await remove(alice, message, key);
      await set(alice, message, 'k24', gone.at(-1));
      proxy.restore();
      await settled(context, gone.at(-1));
    }
    assert.equal(source.pairs.size, 6);
    proxy.cut();
    await until(({ online }) => !online);
    await alice.chat.deleteMessageExtensions(message);
    proxy.restore();
    await settled(context, 'cleared');
    assert.deepEqual(shown(source), { mark: 'cleared' });
  },
);

test(
  'of a hub that lost its data nothing is left, and what is there now is shown',
  { timeout },
  async (t) => {
    const own = await Hub.start(...flags);
    t.after(() => own.stop());
    const { alice, groupID, message, proxy, source, until } = await start(t, { on: own });
    for (const key of ['a', 'b', 'c']) await set(alice, message, key, 'old');
    await source.open();
    proxy.cut();
    await own.kill();
    await own.wipe();
    await own.restart();
    const other = await User.logIn(t, own, 'chen');
    await other.chat.createGroup({ groupID, name: 'Test', type: 'Public' });
    const anew = await send(other, groupID);
    assert.equal(anew.ID, message.ID);
    await set(other, anew, 'b', 'new');
    proxy.restore();
    await until(({ pairs }) => pairs.get('b') === 'new');
    assert.deepEqual(shown(source), { b: 'new' });
  },
);

test(
  'who was removed from the group and comes back sees what was missed',
  { timeout },
  async (t) => {
    const context = await start(t, { extensionRules: { write: 'anyone' } });
    const { alice, groupID, message, source, until, heard } = context;
    await set(alice, message, 'changes', 'old');
    await set(alice, message, 'goes', '1');
    await source.open();
    const members = { groupID, userIDList: ['bob'] };
    const left = heard('onGroupLeft', (data) => data.groupID === groupID);
    await alice.chat.deleteGroupMember(members);
    await left;
    await set(alice, message, 'changes', 'new');
    await remove(alice, message, 'goes');
    await alice.chat.addGroupMember(members);
    await until(({ pairs, summary }) => pairs.get('changes') === 'new' && summary.pairs === 1);
    assert.deepEqual(shown(source), { changes: 'new' });
  },
);

/** Bob's answer, and what became of it. */
function answering(source) {
  const conflicts = [];
  const answer = new Answer(source, 'bob', false, {
    change: () => {},
    stored: () => source.pairs.get('bob') ?? '',
    done: () => {},
    refused: () => {},
    conflict: (conflict) => conflicts.push(conflict),
  });
  return { answer, conflicts };
}

/** What may have become of a vote when the connection is cut before its answer. */
const FATES = {
  'was counted': { lose: ({ proxy }) => proxy.deafen(), sets: 1 },
  'had not left': { lose: ({ proxy }) => proxy.cut(), sets: 1 },
};

for (const [fate, { lose, sets }] of Object.entries(FATES)) {
  for (const former of ['', '1']) {
    const title = `a vote${former && ' in place of another'} that ${fate} before the cut`;
    test(`${title} is counted once`, { timeout }, async (t) => {
      const context = await start(t, { extensionRules: { write: 'own' } });
      const { alice, message, proxy, line, source, until } = context;
      await source.open();
      const { answer, conflicts } = answering(source);
      if (former) await answer.write(former);
      line.sent = [];
      lose(context);
      if (fate !== 'was counted') await until(({ online }) => !online);
      const done = answer.write('2');
      if (fate === 'was counted') {
        await alice.waitForPair(message.ID, 'bob', '2');
        proxy.cut();
        await until(({ online }) => !online);
      }
      proxy.restore();
      await until(({ online }) => online);
      answer.resume();
      await done;
      assert.deepEqual(shown(source), { bob: '2' });
      assert.deepEqual(await stored(alice, message), { bob: '2' });
      assert.deepEqual(conflicts, []);
      assert.equal(line.sent.filter((name) => name === 'setMessageExtensions').length, sets);
    });
  }
}

test(
  'a vote that another window overtook while the connection was cut is a conflict',
  { timeout },
  async (t) => {
    const context = await start(t, { extensionRules: { write: 'own' } });
    const { alice, message, proxy, source, until } = context;
    await source.open();
    const { answer, conflicts } = answering(source);
    await answer.write('1');
    proxy.deafen();
    const done = answer.write('2');
    await alice.waitForPair(message.ID, 'bob', '2');
    proxy.cut();
    await until(({ online }) => !online);
    const window = await User.logIn(t, hub, 'bob');
    await window.chat.getMessageExtensions(message);
    await set(window, message, 'bob', '3');
    proxy.restore();
    await assert.rejects(done, { code: 23001, data: { value: '3' } });
    assert.deepEqual(conflicts, [{ mine: '2', theirs: '3' }]);
    await until(({ pairs }) => pairs.get('bob') === '3');
    await answer.write('2');
    assert.deepEqual(await stored(alice, message), { bob: '2' });
  },
);

const SEED = Number(process.env.SDK_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`SDK_SEED=${SEED}`);

test(
  'whatever others do and however often the connection is cut: what is shown is what is there',
  { timeout: 120_000 },
  async (t) => {
    const context = await start(t);
    const { alice, message, proxy, line, client, source, until } = context;
    await source.open();
    const random = seeded(SEED);
    const keys = ['a', 'b', 'c', 'd'];
    const own = [];
    for (let step = 0; step < 120; step++) {
      const key = pick(random, keys);
      const chance = random();
      if (chance < 0.4) await set(alice, message, key, `alice-${step}`);
      else if (chance < 0.6) await remove(alice, message, key);
      else if (chance < 0.63) await alice.chat.deleteMessageExtensions(message);
      else if (chance < 0.75)
        own.push(set({ chat: client }, source.message, key, `bob-${step}`).catch(() => {}));
      else if (chance < 0.8) own.push(source.read().catch(() => {}));
      else if (chance < 0.85) line.holdAnswers('getMessageExtensions');
      else if (chance < 0.9) line.release();
      else if (chance < 0.93) proxy.deafen();
      else if (chance < 0.97) proxy.cut();
      else proxy.restore();
    }
    line.release();
    proxy.cut();
    await until(({ online }) => !online);
    proxy.restore();
    await Promise.all(own); // what was in doubt is sent again, and may change what is there
    await settled(context, 'end');
  },
);
