// Sessions that begin, end and follow each other, and code of the app's that fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as EVENT from '../../sdk/eventnames.js';
import { create } from '../../sdk/create.js';
import { USER_SIG_MS } from '../../sdk/usersig.js';
import { logIn, reconnect, start } from './context.js';

const brief = { timeout: 10_000 };
const updated = (messageID, seq) => [
  'MESSAGE_EXTENSIONS_UPDATED',
  { messageID, extensions: [{ key: 'a', value: `${seq}`, seq }], latestSeq: seq },
];
const emptyPage = {
  extensions: [],
  latestSeq: 0,
  clearSeq: 0,
  purgedSeq: 0,
  completeFlag: 1,
};

test('SDK_READY comes to whoever begins to wait once login has resolved', brief, async (t) => {
  const { chat } = await start(t);
  const ready = chat
    .login({ userID: 'alice', userSig: 'sig' })
    .then(async (result) => result)
    .then(() => new Promise((resolve) => chat.once(EVENT.SDK_READY, resolve)));
  await ready;
  assert.ok(chat.isReady());
});

test('before SDK_READY calls work, and no event of a conversation comes', brief, async (t) => {
  const { chat, hub, heard } = await start(t);
  hub.answers.joinGroup = () => ({ status: 'JoinedSuccess', group: { groupID: 'demo' } });
  const [connection] = await Promise.all([
    hub.connection(),
    chat.login({ userID: 'alice', userSig: 'sig' }),
  ]);
  connection.notify(updated('g.demo.1', 1));
  const told = new Promise((resolve) => chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, resolve));
  assert.equal((await chat.joinGroup({ groupID: 'demo' })).code, 0);
  await told;
  assert.deepEqual(heard, [
    'connecting',
    'connected',
    EVENT.SDK_READY,
    EVENT.MESSAGE_EXTENSIONS_UPDATED,
  ]);
});

test('what a session that was logged out still hears reaches nobody', brief, async (t) => {
  const context = await start(t);
  const { chat, hub, heard, waitFor } = context;
  const alice = await logIn(context);
  delete hub.answers.logout;
  const out = chat.logout(); // not awaited
  assert.deepEqual(heard.slice(3), ['disconnected', EVENT.SDK_NOT_READY], 'told at once');
  const ready = waitFor(EVENT.SDK_READY);
  await Promise.all([hub.connection(), chat.login({ userID: 'bob', userSig: 'sig' })]);
  await ready;
  const request = await alice.request();
  alice.notify(updated('g.secret.1', 1), ['KICKED_OUT', { type: 'REST_API_Kick' }]);
  alice.answer(request, {});
  alice.close(4403);
  await out;
  assert.equal(chat.getLoginUser(), 'bob');
  assert.ok(chat.isReady());
  assert.deepEqual(heard.slice(5), ['connecting', 'connected', EVENT.SDK_READY]);
});

test('destroy and create in one stroke: another object, which a late end leaves alone', async () => {
  const options = { SDKAppID: 4711, proxyServer: 'ws://127.0.0.1:1/ws', WebSocket: class {} };
  const dying = create(options);
  const gone = dying.destroy();
  const chat = create(options);
  assert.notEqual(chat, dying);
  await gone;
  await dying.destroy();
  assert.equal(create(options), chat);
  await chat.destroy();
});

test('on and once of one handler are two, and each is told', brief, async (t) => {
  const context = await start(t);
  const { chat, waitFor } = context;
  const connection = await logIn(context);
  const heard = [];
  const handler = ({ data }) => heard.push(data.extensions[0].value);
  chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, handler);
  chat.once(EVENT.MESSAGE_EXTENSIONS_UPDATED, handler);
  for (const seq of [1, 2]) {
    const told = waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
    connection.notify(updated('g.demo.1', seq));
    await told;
  }
  assert.deepEqual(heard, ['1', '1', '2']);
});

test('a userSig function that never answers holds nothing up for ever', brief, async (t) => {
  const context = await start(t);
  const { chat, clock, hub, waitFor } = context;
  const silent = assert.rejects(
    chat.login({ userID: 'al', userSig: () => new Promise(() => {}) }),
    {
      code: 3001,
    },
  );
  clock.advance(USER_SIG_MS);
  await silent;
  const answers = ['first', new Promise(() => {}), undefined, 'second'];
  const login = { userID: 'alice', userSig: () => answers.shift() };
  const [connection] = await Promise.all([hub.connection(), chat.login(login)]);
  await connection.request();
  let gone = waitFor('disconnected');
  connection.cut();
  await gone;
  gone = waitFor('disconnected');
  clock.advance(0);
  clock.advance(USER_SIG_MS);
  await gone;
  gone = waitFor('disconnected'); // it gave no text
  clock.advance(0);
  await gone;
  clock.advance(0);
  const next = await hub.connection();
  assert.equal((await next.request()).params.userSig, 'second');
});

test('one stale UserSig of a function does not end the session, many do', brief, async (t) => {
  const context = await start(t);
  const { chat, clock, hub, heard, waitFor } = context;
  const { login } = hub.answers;
  const given = { userID: 'alice', userSig: () => 'sig' };
  const [connection] = await Promise.all([hub.connection(), chat.login(given)]);
  await connection.request();
  const stale = { code: 70001, message: 'expired' };
  const answers = [stale, null, stale, stale, stale, stale];
  hub.answers.login = (params) => answers.shift() ?? login(params);
  let gone = waitFor('disconnected');
  connection.cut();
  await gone;
  gone = waitFor('disconnected');
  clock.advance(0);
  await hub.connection();
  await gone;
  const back = waitFor('connected');
  clock.advance(0);
  const next = await hub.connection();
  await back;
  gone = waitFor('disconnected');
  next.cut();
  const over = waitFor(EVENT.SDK_NOT_READY);
  for (let left = 4; left > 0; left--) {
    await gone;
    gone = waitFor('disconnected');
    clock.advance(0);
  }
  await over;
  assert.deepEqual(heard.slice(-2), ['userSigExpired', EVENT.SDK_NOT_READY]);
});

test(
  "a handler's error is reported, and what it was told comes to the others",
  brief,
  async (t) => {
    const error = t.mock.method(console, 'error', () => {});
    const context = await start(t);
    const { chat, waitFor } = context;
    const others = [];
    const connection = await logIn(context);
    chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, () => {
      throw new TypeError("the app's own");
    });
    chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data }) => others.push(data.messageID));
    const first = waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
    connection.notify(updated('g.demo.1', 1));
    await first;
    const next = await reconnect(context, () => connection.cut());
    const told = waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
    const [, { extensions }] = updated('g.demo.1', 2);
    next.answer(await next.request(), { ...emptyPage, extensions, latestSeq: 2 });
    await told;
    assert.deepEqual(others, ['g.demo.1', 'g.demo.1']);
    assert.equal(error.mock.callCount(), 2);
  },
);

test(
  'an unexpected error is never the end of a conversation: it is tried again',
  brief,
  async (t) => {
    const error = t.mock.method(console, 'error', () => {});
    const context = await start(t);
    const { clock, waitFor } = context;
    const connection = await logIn(context);
    const first = waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
    const group = {
      ID: 'g.demo.1',
      conversationID: 'GROUPdemo',
      from: 'bob',
      time: 1,
      sequence: 1,
    };
    connection.notify(['MESSAGE_RECEIVED', { messages: [group] }], updated('g.demo.1', 1));
    await first;
    const next = await reconnect(context, () => connection.cut());
    /** Answers the next request with what breaks the SDK, and waits until it is tried again. */
    const breakOn = async (method) => {
      const request = await next.request();
      assert.equal(request.method, method);
      const asleep = clock.nextTimer();
      next.answer(request, { messageList: null, extensions: null });
      await asleep;
      clock.advance(0);
    };
    await breakOn('getMessageList');
    const list = await next.request();
    assert.equal(list.method, 'getMessageList');
    next.answer(list, { messageList: [group], nextReqMessageID: '', isCompleted: true });
    await breakOn('getMessageExtensions');
    assert.equal(error.mock.callCount(), 2);
    assert.equal((await next.request()).method, 'getMessageExtensions');
  },
);

test('a notification that breaks the SDK is read anew, with those behind it', brief, async (t) => {
  const error = t.mock.method(console, 'error', () => {});
  const context = await start(t);
  const connection = await logIn(context);
  const first = context.waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
  connection.notify(updated('g.demo.1', 1));
  await first;
  const next = await reconnect(context, () =>
    connection.notify(['MESSAGE_RECEIVED', {}], updated('g.demo.1', 3)),
  );
  assert.equal((await next.request()).method, 'getMessageExtensions');
  assert.equal(error.mock.callCount(), 1);
});

test('logout in the middle of catching up deletes nothing', brief, async (t) => {
  const context = await start(t);
  const { chat, hub, waitFor, heard } = context;
  const { login } = hub.answers;
  const connection = await logIn(context);
  const first = waitFor(EVENT.MESSAGE_EXTENSIONS_UPDATED);
  connection.notify(updated('g.demo.1', 1));
  await first;
  hub.answers.login = (params) => ({ ...login(params), epoch: 'second' });
  const next = await reconnect(context, () => connection.cut());
  await next.request();
  await chat.logout();
  assert.ok(!heard.includes(EVENT.MESSAGE_EXTENSIONS_DELETED));
});
