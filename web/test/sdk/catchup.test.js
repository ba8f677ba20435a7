// What a session fetches after a lost connection, in which order it tells, and what it forgets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as EVENT from '../../sdk/eventnames.js';
import { logIn, reconnect, start } from './context.js';

const brief = { timeout: 10_000 };

test('catching up that fails is tried again until it is done', brief, async (t) => {
  const context = await start(t, { random: () => 0.5 });
  const { chat, clock, hub, waitFor } = context;
  const connection = await logIn(context);
  const changed = waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
  connection.notify([
    'MESSAGE_EXTENSIONS_UPDATED',
    { messageID: 'g.demo.1', extensions: [{ key: 'a', value: '1', seq: 5 }], latestSeq: 5 },
  ]);
  await changed;
  const gone = waitFor('disconnected');
  connection.cut();
  await gone;
  clock.advance(250);
  const next = await hub.connection();
  await next.request();
  const first = await next.request();
  assert.deepEqual([first.method, first.params.startSeq], ['getMessageExtensions', 6]);
  const asleep = clock.nextTimer();
  next.answer(first, { code: 10002, message: 'not now' });
  await asleep;
  const healed = waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
  clock.advance(250);
  const page = {
    extensions: [{ key: 'a', value: '2', seq: 9 }],
    latestSeq: 9,
    clearSeq: 0,
    purgedSeq: 0,
    completeFlag: 1,
  };
  next.answer(await next.request(), page);
  await healed;
  assert.ok(chat.isReady());
});

const text = (sequence) => ({
  ID: `g.demo.${sequence}`,
  conversationID: 'GROUPdemo',
  conversationType: 'GROUP',
  from: 'bob',
  to: 'demo',
  time: sequence,
  sequence,
});
const page = (...sequences) => ({
  messageList: sequences.map(text),
  nextReqMessageID: '',
  isCompleted: true,
});
const received = (...sequences) => ['MESSAGE_RECEIVED', { messages: sequences.map(text) }];

/** Lets Alice see message 1, lose the connection and ask for what she missed. */
async function missSome(context) {
  const { chat, waitFor } = context;
  const connection = await logIn(context);
  const first = waitFor(EVENT.MESSAGE_RECEIVED);
  connection.notify(received(1));
  await first;
  const sequences = [];
  chat.on(EVENT.MESSAGE_RECEIVED, ({ data }) =>
    sequences.push(...data.map(({ sequence }) => sequence)),
  );
  const next = await reconnect(context, () => connection.cut());
  const request = await next.request();
  assert.equal(request.method, 'getMessageList');
  return { connection: next, request, sequences };
}

test('missed messages come before live ones, and a message before its pairs', brief, async (t) => {
  const context = await start(t);
  const { connection, request, sequences } = await missSome(context);
  connection.notify([
    'MESSAGE_EXTENSIONS_UPDATED',
    { messageID: 'g.demo.2', extensions: [{ key: 'a', value: '1', seq: 9 }], latestSeq: 9 },
  ]);
  connection.notify(received(3));
  connection.notify(received(4));
  const told = context.waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
  connection.answer(request, page(1, 2, 3));
  await told;
  assert.deepEqual(sequences, [2, 3, 4]);
  assert.equal(context.heard.at(-3), EVENT.MESSAGE_RECEIVED);
});

/** Resolves when so many messages were told. */
const many = ({ chat }, sequences, count) =>
  new Promise((resolve) =>
    chat.on(EVENT.MESSAGE_RECEIVED, () => sequences.length === count && resolve()),
  );
const notNow = { code: 10002, message: 'not now' };

test('live messages wait for what was sent before them', brief, async (t) => {
  const context = await start(t);
  const { connection, request, sequences } = await missSome(context);
  connection.notify(received(3));
  connection.answer(request, notNow);
  const next = await reconnect(context, () => connection.cut());
  const again = await next.request();
  const asleep = context.clock.nextTimer();
  next.notify(received(4));
  next.answer(again, notNow);
  await asleep;
  const told = many(context, sequences, 3);
  context.clock.advance(0);
  next.answer(await next.request(), page(1, 2, 3));
  await told;
  assert.deepEqual(sequences, [2, 3, 4]);
});

test('a conversation that can not be read holds up no others for ever', brief, async (t) => {
  const context = await start(t);
  const { connection, request, sequences } = await missSome(context);
  connection.notify(received(3));
  for (let next = request; ; next = await connection.request()) {
    const asleep = context.clock.nextTimer();
    connection.answer(next, notNow);
    await asleep;
    if (sequences.length) break;
    context.clock.advance(0);
  }
  const missed = many(context, sequences, 2);
  context.clock.advance(0);
  connection.answer(await connection.request(), page(1, 2, 3));
  await missed;
  assert.deepEqual(sequences, [3, 2]);
});

/** A login answer with this epoch. */
const named = (epoch, login) => (params) => ({ ...login(params), epoch });

test(
  'another epoch: messages and pairs are read anew, and an ID may name another message',
  brief,
  async (t) => {
    const context = await start(t);
    const { answers } = context.hub;
    const { login } = answers;
    const first = await logIn(context);
    const told = context.waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
    first.notify(received(1), [
      'MESSAGE_EXTENSIONS_UPDATED',
      { messageID: 'g.demo.1', extensions: [{ key: 'a', value: '1', seq: 70 }], latestSeq: 70 },
    ]);
    await told;
    const before = context.chat.findMessage('g.demo.1');
    answers.login = named('second', login);
    const next = await reconnect(context, () => first.cut());
    const list = await next.request();
    next.answer(list, { ...page(), messageList: [{ ...text(1), time: 5 }] });
    const pairs = await next.request();
    assert.deepEqual(
      [list.params.nextReqMessageID, pairs.params],
      ['', { messageID: 'g.demo.1', startSeq: 0 }],
    );
    const gone = context.waitFor(EVENT.MESSAGE_EXTENSIONS_DELETED);
    next.answer(pairs, {
      extensions: [{ key: 'b', value: '1', seq: 4 }],
      latestSeq: 4,
      clearSeq: 0,
      purgedSeq: 0,
      completeFlag: 1,
    });
    await gone;
    assert.deepEqual(context.heard.slice(-3), [
      EVENT.MESSAGE_RECEIVED,
      EVENT.MESSAGE_EXTENSIONS_UPDATED,
      EVENT.MESSAGE_EXTENSIONS_DELETED,
    ]);
    assert.deepEqual([before.time, context.chat.findMessage('g.demo.1').time], [1, 5]);
    // The same epoch again: what is known now is still valid.
    const last = await reconnect(context, () => next.cut());
    last.answer(await last.request(), { ...page(), messageList: [{ ...text(1), time: 5 }] });
    assert.deepEqual((await last.request()).params, { messageID: 'g.demo.1', startSeq: 5 });
  },
);

for (const [why, code] of [
  ['the message', 23004],
  ['the group', 10010],
  ['the membership', 10007],
]) {
  test(
    `${why} went with the old store: its pairs are gone, and nothing is requested again`,
    brief,
    async (t) => {
      const context = await start(t);
      const { answers } = context.hub;
      const { login } = answers;
      const first = await logIn(context);
      const told = context.waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
      first.notify(received(1), [
        'MESSAGE_EXTENSIONS_UPDATED',
        { messageID: 'g.demo.1', extensions: [{ key: 'a', value: '1', seq: 70 }], latestSeq: 70 },
      ]);
      await told;
      answers.login = named('second', login);
      const next = await reconnect(context, () => first.cut());
      const gone = context.waitFor(EVENT.MESSAGE_EXTENSIONS_DELETED);
      next.answer(await next.request(), code === 23004 ? page() : { code, message: 'no' });
      next.answer(await next.request(), { code, message: 'no' });
      await gone;
      assert.equal(context.clock.timerCount, 1, 'the next ping alone');
      // The next connection does not ask either, before the app does.
      const last = await reconnect(context, () => next.cut());
      const join = context.chat.joinGroup({ groupID: 'demo' });
      const asked = [await last.request()];
      if (code === 23004) asked.push(await last.request());
      assert.deepEqual(
        asked.map(({ method }) => method).sort(),
        code === 23004 ? ['getMessageList', 'joinGroup'] : ['joinGroup'],
      );
      for (const request of asked)
        last.answer(
          request,
          request.method === 'joinGroup' ? { status: 'JoinedSuccess', group: {} } : page(),
        );
      await join;
    },
  );
}
