// What users do is no conflict for what they do next, whatever becomes of answers on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALL_MS } from '../../sdk/connection.js';
import * as CLIENT from '../../sdk/clientcodes.js';
import { ChatError } from '../../sdk/errors.js';
import { logIn, reconnect, start } from './context.js';
import { message, modelSession } from './life.js';
import { Model } from './model.js';

const set = (extensions, key, value) => extensions.set(message, [{ key, value }]);
const outcomes = async (promise) =>
  (await promise).extensions.map(({ code, key, value }) => [code, key, value]);

test('writes of one pair that nobody waits for are done one after the other', async () => {
  const model = new Model();
  const { extensions } = modelSession(model);
  const writes = [
    set(extensions, 'a', '1'),
    set(extensions, 'a', '1'), // a double tap
    set(extensions, 'a', '2'),
    extensions.delete(message, ['a']),
    set(extensions, 'a', '3'),
    extensions.delete(message, []),
    set(extensions, 'a', '4'),
  ];
  assert.deepEqual(await Promise.all(writes.map(outcomes)), [
    [[0, 'a', '1']],
    [[0, 'a', '1']],
    [[0, 'a', '2']],
    [[0, 'a', '']],
    [[0, 'a', '3']],
    [],
    [[0, 'a', '4']],
  ]);
  assert.deepEqual([...model.live()], [['a', '4']]);
});

test('a write that fails does not stop the next one of its pair', async () => {
  let fail = true;
  const answer = (result) => {
    if (!fail) return result;
    fail = false;
    throw new ChatError(10004, 'a rule');
  };
  const { extensions } = modelSession(new Model(), { answer });
  const [first, second] = await Promise.allSettled([
    set(extensions, 'a', '1'),
    set(extensions, 'a', '2'),
  ]);
  assert.deepEqual([first.reason?.code, second.status], [10004, 'fulfilled']);
});

test('writes of other pairs and of other messages do not wait for each other', async (t) => {
  const context = await start(t);
  const connection = await logIn(context);
  const on = (ID) => ({ ID, status: 'success', isSupportExtension: true });
  const send = (ID, key) => context.chat.setMessageExtensions(on(ID), [{ key, value: '1' }]);
  const writes = [send('m', 'a'), send('m', 'b'), send('n', 'a'), send('m', 'a')];
  const requests = [];
  for (let i = 0; i < 3; i++) requests.push(await connection.request());
  assert.deepEqual(
    requests.map(({ params: { messageID, extensions } }) => messageID + extensions[0].key),
    ['ma', 'mb', 'na'],
  );
  const answer = (request, seq) => {
    const [{ key, value }] = request.params.extensions;
    connection.answer(request, { extensions: [{ code: 0, key, value, seq }], latestSeq: seq });
  };
  requests.forEach(answer, 7);
  const last = await connection.request();
  assert.equal(last.params.extensions[0].seq, 0);
  answer(last, 9);
  await Promise.all(writes);
});

/** What becomes of a write whose answer is lost, and what others do before anybody asks. */
const FATES = {
  'was done': { done: true, next: () => {}, outcome: 0 },
  'was not done': { done: false, next: () => {}, outcome: 0, sentAgain: true },
  'was done, then overwritten': { done: true, next: (m) => m.set('a', 'theirs'), outcome: 23001 },
  'was done, then deleted': { done: true, next: (m) => m.remove('a'), outcome: 23001 },
  'came too late': { done: false, next: (m) => m.set('a', 'theirs'), outcome: 23001 },
};

for (const [fate, { done, next, outcome, sentAgain = false }] of Object.entries(FATES)) {
  for (const before of ['', 'old']) {
    test(`a set of ${before || 'nothing'} without an answer ${fate}: asked, then ${outcome}`, async () => {
      const model = new Model();
      if (before) model.set('a', before);
      let lose = true;
      const sets = [];
      const { extensions } = modelSession(model, {
        intercept(method, params, respond) {
          if (method !== 'setMessageExtensions') return respond();
          sets.push(params.extensions[0].value);
          if (!lose) return respond();
          lose = false;
          if (done) respond();
          next(model);
          throw new ChatError(CLIENT.LOST, 'lost');
        },
      });
      await extensions.get(message);
      const now = () => model.live().get('a') ?? '';
      assert.deepEqual(await outcomes(set(extensions, 'a', 'mine')), [[outcome, 'a', now()]]);
      assert.deepEqual(sets, sentAgain ? ['mine', 'mine'] : ['mine']);
      assert.deepEqual(await outcomes(set(extensions, 'a', 'more')), [[0, 'a', 'more']]);
    });
  }
}

test('a deletion and a clear without an answer: asked, and not done twice', async () => {
  for (const keys of [['a'], []]) {
    for (const done of [true, false]) {
      const model = new Model();
      model.set('a', '1');
      let lose = true;
      let deletions = 0;
      const { extensions } = modelSession(model, {
        intercept(method, params, respond) {
          if (method !== 'deleteMessageExtensions') return respond();
          deletions++;
          if (!lose) return respond();
          lose = false;
          if (done) respond();
          throw new ChatError(CLIENT.LOST, 'lost');
        },
      });
      await extensions.get(message);
      const expected = keys.length ? [[0, 'a', '']] : [];
      assert.deepEqual(await outcomes(extensions.delete(message, keys)), expected);
      assert.deepEqual([model.live().size, deletions], [0, done ? 1 : 2]);
      assert.deepEqual(await outcomes(set(extensions, 'a', '2')), [[0, 'a', '2']]);
    }
  }
});

test('of several pairs without an answer only those are sent again that were not done', async () => {
  const model = new Model();
  model.set('c', '1');
  const sent = [];
  const { extensions } = modelSession(model, {
    intercept(method, params, respond) {
      if (method !== 'setMessageExtensions') return respond();
      sent.push(params.extensions.map(({ key }) => key));
      if (sent.length > 1) return respond();
      model.set('a', '2'); // a phone of the same user, say
      model.set('c', 'theirs');
      throw new ChatError(CLIENT.LOST, 'lost');
    },
  });
  await extensions.get(message);
  const pairs = ['a', 'b', 'c'].map((key) => ({ key, value: '2' }));
  assert.deepEqual(await outcomes(extensions.set(message, pairs)), [
    [0, 'a', '2'],
    [0, 'b', '2'],
    [23001, 'c', 'theirs'],
  ]);
  assert.deepEqual(sent, [['a', 'b', 'c'], ['b']]);
});

/** What becomes of an atomic set whose answer is lost, and what others do before anybody asks. */
const ATOMIC_FATES = {
  'was done': { done: true, next: () => {}, outcome: 0, requests: 1 },
  'was not done': { done: false, next: () => {}, outcome: 0, requests: 2 },
  'was done, then one was overwritten': {
    done: true,
    next: (m) => m.set('b', 'theirs'),
    outcome: 23001,
    requests: 1,
  },
  'came too late for one': {
    done: false,
    next: (m) => m.set('b', 'theirs'),
    outcome: 23001,
    requests: 1,
  },
  'came too late for one that is so already': {
    done: false,
    next: (m) => m.set('b', 'mine'),
    outcome: 0,
    requests: 2,
  },
};

for (const [fate, { done, next, outcome, requests }] of Object.entries(ATOMIC_FATES)) {
  test(`an atomic set without an answer ${fate}: all are ${outcome}`, async () => {
    const model = new Model();
    model.set('a', 'old');
    const sent = [];
    const { extensions } = modelSession(model, {
      intercept(method, params, respond) {
        if (method !== 'setMessageExtensions') return respond();
        sent.push([params.atomic, params.extensions.length]);
        if (sent.length > 1) return respond();
        if (done) respond();
        next(model);
        throw new ChatError(CLIENT.LOST, 'lost');
      },
    });
    await extensions.get(message);
    const pairs = ['a', 'b', 'c'].map((key) => ({ key, value: 'mine' }));
    const answers = await outcomes(extensions.set(message, pairs, true));
    const now = model.live();
    assert.deepEqual(
      answers,
      ['a', 'b', 'c'].map((key) => [outcome, key, now.get(key) ?? '']),
    );
    assert.deepEqual(sent, Array(requests).fill([true, 3]));
    if (outcome === 0) assert.deepEqual([...now.values()], ['mine', 'mine', 'mine']);
    const again = await outcomes(extensions.set(message, pairs, true));
    assert.deepEqual(
      again.map(([code]) => code),
      [0, 0, 0],
    );
  });
}

for (const code of [CLIENT.TIMEOUT, 10002]) {
  for (const [fate, { done, next, outcome }] of Object.entries(FATES)) {
    test(`the next set after one that failed with ${code} and ${fate}: ${outcome}`, async () => {
      const model = new Model();
      let lose = true;
      const { extensions } = modelSession(model, {
        intercept(method, params, respond) {
          if (method !== 'setMessageExtensions' || !lose) return respond();
          lose = false;
          if (done) respond();
          next(model);
          throw new ChatError(code, 'no answer');
        },
      });
      await extensions.get(message);
      await assert.rejects(set(extensions, 'a', 'mine'), { code });
      const after = await outcomes(set(extensions, 'a', 'next'));
      // What somebody else did meanwhile the user has not seen: a conflict, once.
      assert.deepEqual(after, [[outcome, 'a', model.live().get('a') ?? '']]);
      assert.deepEqual(await outcomes(set(extensions, 'a', 'next')), [[0, 'a', 'next']]);
    });
  }
}

test('what somebody else did is no conflict once the app has heard of it', async () => {
  const model = new Model();
  let lose = true;
  const { extensions, deliver } = modelSession(model, {
    intercept(method, params, respond) {
      if (method !== 'setMessageExtensions' || !lose) return respond();
      lose = false;
      throw new ChatError(CLIENT.TIMEOUT, 'no answer');
    },
  });
  await extensions.get(message);
  await assert.rejects(set(extensions, 'a', 'mine'), { code: CLIENT.TIMEOUT });
  deliver(model.set('a', 'theirs'));
  assert.deepEqual(await outcomes(set(extensions, 'a', 'next')), [[0, 'a', 'next']]);
});

const brief = { timeout: 10_000 };
const poll = { ID: 'g.demo.1', status: 'success', isSupportExtension: true };
const vote = (chat, value) => chat.setMessageExtensions(poll, [{ key: 'a', value }]);

test(
  'a write whose connection goes is asked about on the next one, and sent again',
  brief,
  async (t) => {
    const context = await start(t);
    const first = await logIn(context);
    const write = vote(context.chat, '1');
    await first.request();
    const next = await reconnect(context, () => first.cut());
    const seen = [];
    for (let request; request?.method !== 'setMessageExtensions';) {
      request = await next.request();
      seen.push(request.method);
      const page = { latestSeq: 0, clearSeq: 0, purgedSeq: 0, completeFlag: 1 };
      const isRead = request.method === 'getMessageExtensions';
      const done = [{ code: 0, key: 'a', value: '1', seq: 3 }];
      next.answer(
        request,
        isRead ? { ...page, extensions: [] } : { extensions: done, latestSeq: 3 },
      );
    }
    assert.ok(seen.includes('getMessageExtensions'), seen.join());
    assert.deepEqual((await write).data.extensions, [{ code: 0, key: 'a', value: '1' }]);
  },
);

test(
  'writes that wait for each other are over within 15 s, and the last was never sent',
  brief,
  async (t) => {
    const context = await start(t);
    const connection = await logIn(context);
    const first = assert.rejects(vote(context.chat, '1'), { code: 2801 });
    const second = assert.rejects(vote(context.chat, '2'), { code: 2805 });
    await connection.request();
    context.clock.advance(CALL_MS);
    await Promise.all([first, second]);
  },
);
