// What Extensions makes of every order in which replies, events and lost connections may come. The hub
// decides most of these orders by chance, so here a model of one message takes its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT } from '../../sdk/constants.js';
import { ChatError, CLIENT } from '../../sdk/errors.js';
import { Extensions } from '../../sdk/extensions.js';
import { Model } from './model.js';
import { seeded } from './random.js';

const message = { ID: 'm' };

/** A session whose calls are answered by the model, and what its handlers heard. */
function follow(model, { pageSize = 200, answer = (result) => result } = {}) {
  const heard = [];
  const screen = new Map(); // what an app shows that reads once and then trusts events alone
  const session = {
    perRequest: 20,
    emit(name, data) {
      heard.push({ name, ...data });
      if (name === EVENT.MESSAGE_EXTENSIONS_UPDATED) for (const { key, value } of data.extensions) screen.set(key, value);
      else for (const key of data.keyList) screen.delete(key);
    },
    async call(method, params) {
      return answer(reply(model, method, params, pageSize), method, params);
    },
  };
  const extensions = new Extensions(session);
  const deliver = ({ name, ...event }) => extensions[name]({ messageID: 'm', ...event });
  return { extensions, heard, screen, deliver };
}

function reply(model, method, { startSeq, extensions = [] }, pageSize) {
  if (method === 'getMessageExtensions') return model.page(startSeq, pageSize);
  const events = [];
  const items = extensions.map(({ key, value = '', seq }) => {
    const now = model.pairs.get(key) ?? { value: '', seq: 0 };
    if (seq !== now.seq && !(now.value === '' && seq === 0)) return { code: 23001, key, ...now };
    events.push(method === 'setMessageExtensions' ? model.set(key, value) : model.remove(key));
    return { code: 0, key, ...(model.pairs.get(key) ?? { value: '', seq: 0 }) };
  });
  if (method === 'deleteMessageExtensions' && !extensions.length) events.push(model.clear());
  model.events = [...(model.events ?? []), ...events.filter(Boolean)];
  return { extensions: items, latestSeq: model.latestSeq };
}

test('a retry after 23001 goes through, because the conflict brought the Seq', async () => {
  const model = new Model();
  model.set('a', 'theirs');
  const { extensions } = follow(model);
  const set = () => extensions.set(message, [{ key: 'a', value: 'mine' }]);
  assert.deepEqual(await set(), { extensions: [{ code: 23001, key: 'a', value: 'theirs' }] });
  assert.deepEqual(await set(), { extensions: [{ code: 0, key: 'a', value: 'mine' }] });
});

test('a retry goes through also if the pair is gone and even its marker is forgotten', async () => {
  const model = new Model();
  model.set('a', 'theirs');
  const { extensions } = follow(model);
  await extensions.get(message);
  model.remove('a');
  model.purge();
  const set = () => extensions.set(message, [{ key: 'a', value: 'mine' }]);
  assert.deepEqual(await set(), { extensions: [{ code: 23001, key: 'a', value: '' }] });
  assert.deepEqual(await set(), { extensions: [{ code: 0, key: 'a', value: 'mine' }] });
});

test('set, delete, clear and set again, without waiting for any event', async () => {
  const { extensions, heard } = follow(new Model());
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
  const { extensions } = follow(model, { pageSize: 10, answer });
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
  const { extensions } = follow(model);
  await extensions.get(message);
  model.remove('a');
  model.purge();
  assert.deepEqual(await extensions.get(message), { extensions: [{ key: 'b', value: '1' }] });
});

test('a catch-up during which the connection goes again leaves the next one to be done', async () => {
  const model = new Model();
  let cut = () => {};
  const { extensions, screen } = follow(model, { answer: (result) => (cut(), result) });
  await extensions.get(message);
  extensions.down();
  cut = () => {
    cut = () => {};
    extensions.down();
    model.set('a', '1'); // nobody is told
  };
  await extensions.heal('m');
  assert.deepEqual(extensions.stale(), ['m']);
  await extensions.heal('m');
  assert.deepEqual([...screen.keys()], ['a']);
});

test('a message that may no longer be read is forgotten; one that cannot be read now is not', async () => {
  for (const [code, left] of [[10007, 0], [23004, 0], [10002, 1], [CLIENT.LOST, 1]]) {
    let fail = false;
    const answer = (result) => {
      if (fail) throw new ChatError(code, 'no');
      return result;
    };
    const { extensions } = follow(new Model(), { answer });
    await extensions.get(message);
    extensions.down();
    fail = true;
    await extensions.heal('m');
    assert.equal(extensions.stale().length, left, `${code}`);
  }
});

test('more than 20 pairs are cut to the first 20, with a warning', async (t) => {
  const warn = t.mock.method(console, 'warn', () => {});
  const { extensions } = follow(new Model());
  const pairs = Array.from({ length: 25 }, (_, i) => ({ key: `k${i}`, value: 'v' }));
  assert.equal((await extensions.set(message, pairs)).extensions.length, 20);
  assert.equal(warn.mock.callCount(), 1);
});

test('of more than 500 messages the ones used longest ago are let go', () => {
  const { extensions, deliver } = follow(new Model());
  for (let i = 0; i < 600; i++) extensions.updated({ messageID: `m${i}`, extensions: [{ key: 'a', value: '1', seq: 1 }], latestSeq: 1 });
  deliver({ name: 'updated', extensions: [], latestSeq: 0 });
  extensions.down();
  assert.equal(extensions.stale().length, 500);
  assert.ok(!extensions.stale().includes('m0'));
});

test('whatever is lost or late: the screen of an app that reads once and then listens ends as the hub has it, each state heard once', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seeded(seed);
    const model = new Model();
    const { extensions, heard, screen, deliver } = follow(model, { pageSize: 3 });
    model.events = [];
    const keys = ['a', 'b', 'c', 'd', 'e'];
    let opened = false;
    const open = async () => {
      const { extensions: pairs } = await extensions.get(message);
      if (!opened) screen.clear();
      if (!opened) for (const { key, value } of pairs) screen.set(key, value);
      opened = true;
    };
    for (let i = 0; i < 50; i++) {
      const chance = random();
      const key = keys[Math.floor(random() * keys.length)];
      if (chance < 0.4) model.events.push(...[model.step(random, keys)].filter(Boolean));
      else if (chance < 0.55) await extensions.set(message, [{ key, value: `m${seed}.${i}` }]);
      else if (chance < 0.6) await extensions.delete(message, random() < 0.2 ? [] : [key]);
      else if (chance < 0.65) await open();
      else if (chance < 0.95) for (const event of model.events.splice(0, 2)) deliver(event);
      else {
        // The connection goes with what was under way; the next one tells only what happens from then on.
        model.events = [];
        extensions.down();
        if (random() < 0.5) model.step(random, keys);
        if (random() < 0.5) await open();
        if (random() < 0.5) model.events.push(...[model.step(random, keys)].filter(Boolean));
        if (random() < 0.5) for (const event of model.events.splice(0, 1)) deliver(event);
        await extensions.heal('m');
      }
    }
    await open();
    for (const event of model.events.splice(0)) deliver(event);
    const { extensions: pairs } = await extensions.get(message);
    const hub = [...model.live()].sort();
    assert.deepEqual(pairs.map(({ key, value }) => [key, value]).sort(), hub, `seed ${seed}: read`);
    assert.deepEqual([...screen].sort(), hub, `seed ${seed}: heard`);
    const values = heard.flatMap(({ extensions: list = [] }) => list.map(({ key, value }) => `${key}=${value}`));
    assert.equal(new Set(values).size, values.length, `seed ${seed}: a value was told twice`);
  }
});
