// What Extensions makes of replies, events and lost connections in every order. With a hub most of
// these orders are up to chance, so a model of one message takes its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as EVENT from '../../sdk/eventnames.js';
import * as CLIENT from '../../sdk/clientcodes.js';
import { ChatError } from '../../sdk/errors.js';
import { modelSession, Life, message } from './life.js';
import { Model } from './model.js';

test('a retry after 23001 goes through, because the conflict brought the Seq', async () => {
  const model = new Model();
  model.set('a', 'theirs');
  const { extensions } = modelSession(model);
  const set = () => extensions.set(message, [{ key: 'a', value: 'mine' }]);
  assert.deepEqual(await set(), { extensions: [{ code: 23001, key: 'a', value: 'theirs' }] });
  assert.deepEqual(await set(), { extensions: [{ code: 0, key: 'a', value: 'mine' }] });
});

test('a retry goes through also if the pair is gone and even its tombstone is purged', async () => {
  const model = new Model();
  model.set('a', 'theirs');
  const { extensions } = modelSession(model);
  await extensions.get(message);
  model.remove('a');
  model.purge();
  const set = () => extensions.set(message, [{ key: 'a', value: 'mine' }]);
  assert.deepEqual(await set(), { extensions: [{ code: 23001, key: 'a', value: '' }] });
  assert.deepEqual(await set(), { extensions: [{ code: 0, key: 'a', value: 'mine' }] });
});

test('set, delete, clear and set again, without waiting for any event', async () => {
  const { extensions, heard } = modelSession(new Model());
  const code = async (promise) => (await promise).extensions.map((item) => item.code);
  assert.deepEqual(await code(extensions.set(message, [{ key: 'a', value: '1' }])), [0]);
  assert.deepEqual(await code(extensions.delete(message, ['a'])), [0]);
  assert.deepEqual(await code(extensions.set(message, [{ key: 'a', value: '2' }])), [0]);
  assert.deepEqual(await code(extensions.delete(message, [])), []);
  assert.deepEqual(await code(extensions.set(message, [{ key: 'a', value: '3' }])), [0]);
  assert.deepEqual(heard, [], 'replies are for the caller, events for the handlers');
});

test('reads all pages, and later only what changed', async () => {
  const model = new Model();
  for (let i = 0; i < 25; i++) model.set(`k${i}`, 'v');
  const asked = [];
  const answer = (result, method, { startSeq }) => (asked.push(startSeq), result);
  const { extensions } = modelSession(model, { pageSize: 10, answer });
  assert.equal((await extensions.get(message)).extensions.length, 25);
  model.set('k0', 'w');
  const { extensions: pairs } = await extensions.get(message);
  assert.deepEqual(pairs.at(-1), { key: 'k0', value: 'w' });
  assert.deepEqual(asked, [0, 11, 21, 26]);
});

test('reads everything anew if deletions since the last read are no longer listed', async () => {
  const model = new Model();
  model.set('a', '1');
  model.set('b', '1');
  const { extensions } = modelSession(model);
  await extensions.get(message);
  model.remove('a');
  model.purge();
  assert.deepEqual(await extensions.get(message), { extensions: [{ key: 'b', value: '1' }] });
});

test('a catch-up that loses the connection again leaves the next one to be done', async () => {
  const model = new Model();
  let cut = () => {};
  const { extensions, screen } = modelSession(model, { answer: (result) => (cut(), result) });
  await extensions.get(message);
  extensions.onGap();
  cut = () => {
    cut = () => {};
    extensions.onGap();
    model.set('a', '1'); // without an event
  };
  await extensions.catchUp('m');
  assert.deepEqual(extensions.staleIDs(), ['m']);
  await extensions.catchUp('m');
  assert.deepEqual([...screen.keys()], ['a']);
});

test('a message that may no longer be read is forgotten, one that cannot be read now is not', async () => {
  for (const [code, left] of [
    [10007, 0],
    [23004, 0],
    [10002, 1],
    [CLIENT.LOST, 1],
  ]) {
    let fail = false;
    const answer = (result) => {
      if (fail) throw new ChatError(code, 'no');
      return result;
    };
    const { extensions } = modelSession(new Model(), { answer });
    await extensions.get(message);
    extensions.onGap();
    fail = true;
    await extensions.catchUp('m');
    assert.equal(extensions.staleIDs().length, left, `${code}`);
  }
});

test('another store is read anew, and handlers get what differs', async () => {
  const asked = [];
  const answer = (result, method, { startSeq }) => (asked.push(startSeq), result);
  const { extensions, heard, screen, deliver, replaceModel } = modelSession(new Model(), {
    answer,
  });
  await extensions.get(message);
  const old = new Model();
  for (const event of [
    old.set('same', '1'),
    old.set('changed', '1'),
    old.set('gone', '1'),
    old.set('gone before', '1'),
    old.remove('gone before'),
  ])
    deliver(event);
  extensions.onGap();
  const model = new Model();
  for (const [key, value] of [
    ['new', '2'],
    ['same', '1'],
    ['changed', '2'],
  ])
    model.set(key, value);
  replaceModel(model);
  extensions.reset();
  heard.length = asked.length = 0;
  deliver(model.set('live', '3'));
  await extensions.catchUp('m');
  assert.deepEqual(asked, [0]);
  assert.deepEqual(
    heard.map(({ extensions: pairs, keyList }) => pairs ?? keyList),
    [
      [{ key: 'live', value: '3' }],
      [
        { key: 'new', value: '2' },
        { key: 'changed', value: '2' },
      ],
      ['gone'],
    ],
  );
  assert.deepEqual([...screen].sort(), [...model.live()].sort());
  assert.deepEqual(await extensions.set(message, [{ key: 'same', value: '4' }]), {
    extensions: [{ code: 0, key: 'same', value: '4' }],
  });
  assert.deepEqual(extensions.staleIDs(), []);
});

test('a store that was restored to an earlier state is another store, with the same epoch', async () => {
  const model = new Model();
  for (const key of ['a', 'b', 'c']) model.set(key, '1');
  const { extensions, screen, replaceModel } = modelSession(model);
  for (const { key, value } of (await extensions.get(message)).extensions) screen.set(key, value);
  extensions.onGap();
  const earlier = new Model();
  for (const key of ['a', 'b']) earlier.set(key, '0');
  replaceModel(earlier);
  await extensions.catchUp('m');
  assert.deepEqual(
    [...screen],
    [
      ['a', '0'],
      ['b', '0'],
    ],
  );
});

test('a read over the end of a history starts over', async () => {
  const model = new Model();
  for (const key of ['a', 'b', 'c']) model.set(key, 'old');
  let between = () => {};
  const answer = (result) => (between(), result);
  const { extensions, replaceModel } = modelSession(model, { pageSize: 2, answer });
  between = () => {
    between = () => {};
    extensions.onGap();
    const next = new Model();
    for (const key of ['d', 'e', 'f']) next.set(key, 'new');
    replaceModel(next);
    extensions.reset();
  };
  const { extensions: pairs } = await extensions.get(message);
  assert.deepEqual(
    pairs.map(({ key, value }) => key + value),
    ['dnew', 'enew', 'fnew'],
  );
});

test('a change that waited while the store was replaced names no revision of the old one', async () => {
  const pair = { key: 'a', value: 'mine' };
  for (const [change, outcome] of [
    [(extensions) => extensions.set(message, [pair]), [{ code: 23001, key: 'a', value: 'theirs' }]],
    [
      (extensions) => extensions.delete(message, ['a']),
      [{ code: 23001, key: 'a', value: 'theirs' }],
    ],
    [
      (extensions) => extensions.delete(message, ['a', 'b']),
      [
        { code: 23001, key: 'a', value: 'theirs' },
        { code: 0, key: 'b', value: '' },
      ],
    ],
    [(extensions) => extensions.delete(message, []), []],
  ]) {
    const model = new Model();
    for (const key of ['b', 'a', 'd', 'd', 'd', 'd', 'd', 'd']) model.set(key, 'old');
    let wait = () => {};
    const { extensions, deliver, replaceModel } = modelSession(model, { wait: () => wait() });
    await extensions.get(message);
    const next = new Model();
    next.set('c', 'new');
    next.set('a', 'theirs'); // by chance with the revision that the other had
    wait = () => {
      wait = () => {};
      extensions.onGap();
      replaceModel(next);
      extensions.reset();
    };
    assert.deepEqual((await change(extensions)).extensions, outcome);
    deliver(next.set('a', 'again'));
    deliver(next.set('d', 'again'));
    await extensions.catchUp('m');
    const { extensions: pairs } = await extensions.get(message);
    assert.deepEqual(pairs.map(({ key, value }) => [key, value]).sort(), [...next.live()].sort());
  }
});

test('the pairs of a message that went with its store are gone, and nothing asks again', async () => {
  for (const code of [10007, 10010, 23004]) {
    let refuse = false;
    const answer = (result) => {
      if (refuse) throw new ChatError(code, 'no');
      return result;
    };
    const { extensions, deliver, heard, screen } = modelSession(new Model(), { answer });
    const old = new Model();
    for (const event of [old.set('a', '1'), old.set('b', '1'), old.remove('b')]) deliver(event);
    extensions.onGap();
    extensions.reset();
    refuse = true;
    await extensions.catchUp('m');
    assert.deepEqual(heard.at(-1), {
      name: EVENT.MESSAGE_EXTENSIONS_DELETED,
      messageID: 'm',
      keyList: ['a'],
    });
    assert.equal(screen.size, 0);
    assert.deepEqual(extensions.staleIDs(), []);
  }
});

test('more than 20 pairs are cut to the first 20, with a warning', async (t) => {
  const warn = t.mock.method(console, 'warn', () => {});
  const { extensions } = modelSession(new Model());
  const pairs = Array.from({ length: 25 }, (_, i) => ({ key: `k${i}`, value: 'v' }));
  assert.equal((await extensions.set(message, pairs)).extensions.length, 20);
  assert.equal(warn.mock.callCount(), 1);
});

test('of more than 500 messages the least recently used are dropped', () => {
  const { extensions, deliver } = modelSession(new Model());
  for (let i = 0; i < 600; i++)
    extensions.onUpdated({
      messageID: `m${i}`,
      extensions: [{ key: 'a', value: '1', seq: 1 }],
      latestSeq: 1,
    });
  deliver({ name: 'onUpdated', extensions: [], latestSeq: 0 });
  extensions.onGap();
  assert.equal(extensions.staleIDs().length, 500);
  assert.ok(!extensions.staleIDs().includes('m0'));
});

test('at random: an app that reads once, then follows events, ends as the hub, each value once', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const life = new Life(seed);
    for (let i = 0; i < 50; i++) await life.step(i);
    await life.open();
    life.deliver();
    const pairs = await life.open();
    const hub = [...life.model.live()].sort();
    assert.deepEqual(pairs.map(({ key, value }) => [key, value]).sort(), hub, `seed ${seed}: read`);
    assert.deepEqual([...life.screen].sort(), hub, `seed ${seed}: heard`);
    const values = life.heard.flatMap(({ extensions: list = [] }) =>
      list.map(({ key, value }) => `${key}=${value}`),
    );
    assert.equal(new Set(values).size, values.length, `seed ${seed}: a value was told twice`);
  }
});
