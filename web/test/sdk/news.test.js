// What nobody could ask about: the first messages of conversations that came during an absence.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { logIn, reconnect, start } from './context.js';
import { secretKey } from './fixture.js';
import { TcpProxy } from './proxy.js';
import { User } from './user.js';

const { EVENT, TYPES } = TencentCloudChat;
const { MESSAGE_RECEIVED } = EVENT;
const timeout = 60_000;

let hub;
before(
  async () => {
    hub = await Hub.start('--secret-key', secretKey);
  },
  { timeout: 300_000 },
);
after(() => hub.stop());

const texts = (user) =>
  user.eventsOf(MESSAGE_RECEIVED).flatMap((list) => list.map(({ payload }) => payload.text));

const say = async (user, to, text, conversationType = TYPES.CONV_C2C) => {
  const message = user.chat.createTextMessage({ to, conversationType, payload: { text } });
  return (await user.chat.sendMessage(message)).data.message;
};

test(
  'the first message of a group and that of a stranger, while one was away, are told once',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const alice = await User.logIn(t, hub, 'alice');
    const memberList = [{ userID: 'bob' }];
    const make = (groupID) =>
      alice.chat.createGroup({ groupID, name: groupID, type: TYPES.GRP_PUBLIC, memberList });
    await make('silent');
    await say(alice, 'silent', 'before bob came', TYPES.CONV_GROUP);
    const bob = await User.logIn(t, hub, 'bob', { url: proxy.url });
    const dan = await User.logIn(t, hub, 'dan');
    for (let round = 0; round < 2; round++) {
      proxy.cut();
      await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
      bob.clearEvents();
      await make(`late-${round}`);
      await say(alice, `late-${round}`, `the first of late ${round}`, TYPES.CONV_GROUP);
      const stranger = await User.logIn(t, hub, `stranger-${round}`);
      await say(stranger, 'bob', `you do not know me ${round}`);
      await say(alice, 'silent', `one ${round}`, TYPES.CONV_GROUP);
      for (let i = 0; i < 16; i++) await say(dan, 'bob', `${i} ${round}`);
      proxy.restore();
      await bob.waitFor(MESSAGE_RECEIVED, ([{ from }]) => from === 'dan');
      await bob.waitFor(MESSAGE_RECEIVED, ([{ from }]) => from === `stranger-${round}`);
      await bob.waitFor(MESSAGE_RECEIVED, ([{ to }]) => to === 'silent');
      await bob.waitFor(MESSAGE_RECEIVED, ([{ to }]) => to === `late-${round}`);
      assert.deepEqual(
        texts(bob).toSorted(),
        [
          ...Array.from({ length: 16 }, (_, i) => `${i} ${round}`),
          `one ${round}`,
          `the first of late ${round}`,
          `you do not know me ${round}`,
        ].toSorted(),
      );
      bob.clearEvents();
      await say(alice, `late-${round}`, 'live', TYPES.CONV_GROUP);
      await bob.waitFor(MESSAGE_RECEIVED);
      assert.deepEqual(texts(bob), ['live']);
    }
  },
);

test(
  'who sends into a conversation right after the return still hears what was missed there',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const ann = await User.logIn(t, hub, 'ann');
    const ben = await User.logIn(t, hub, 'ben', { url: proxy.url });
    proxy.cut();
    await ben.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    await say(ann, 'ben', 'missed');
    const own = say(ben, 'ann', 'about something else'); // leaves as soon as there is a connection
    proxy.restore();
    await own;
    await ben.waitFor(MESSAGE_RECEIVED);
    assert.deepEqual(texts(ben), ['missed']);
  },
);

test(
  'the first messages in a store that was made anew while one was away are told once',
  { timeout },
  async (t) => {
    const lossy = await Hub.start('--secret-key', secretKey);
    t.after(() => lossy.stop());
    const proxy = await TcpProxy.open(t, lossy);
    const eve = await User.logIn(t, lossy, 'eve', { url: proxy.url });
    await say(eve, 'friend', 'known before');
    proxy.cut();
    await eve.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    await lossy.kill();
    await lossy.wipe();
    await lossy.restart();
    const fay = await User.logIn(t, lossy, 'fay');
    const memberList = [{ userID: 'eve' }];
    await fay.chat.createGroup({ groupID: 'new', name: 'New', type: TYPES.GRP_PUBLIC, memberList });
    for (const text of ['group one', 'group two']) await say(fay, 'new', text, TYPES.CONV_GROUP);
    for (const text of ['stranger one', 'stranger two']) await say(fay, 'eve', text);
    proxy.restore();
    await eve.waitFor(MESSAGE_RECEIVED, ([{ to }]) => to === 'new');
    await eve.waitFor(MESSAGE_RECEIVED, ([{ to }]) => to === 'eve');
    await say(fay, 'new', 'live', TYPES.CONV_GROUP);
    await eve.waitFor(MESSAGE_RECEIVED, ([{ payload }]) => payload.text === 'live');
    assert.deepEqual(texts(eve).toSorted(), [
      'group one',
      'group two',
      'live',
      'stranger one',
      'stranger two',
    ]);
  },
);

/** A message as the fake hub sends it. */
const wire = (from, n) => ({
  ID: `c.${from}.alice.${n}_${n}_1`,
  conversationID: `C2C${from}`,
  conversationType: 'C2C',
  from,
  to: 'alice',
  type: 'TIMTextElem',
  payload: { text: `${n}` },
  time: 1,
  sequence: n,
  random: n,
  isSupportExtension: false,
  status: 'success',
  cloudCustomData: '',
});

test('a conversation that moves to the front while its page is read is not overlooked', async (t) => {
  const context = await start(t);
  let position = 'one';
  const { login } = context.hub.answers;
  context.hub.answers.login = (params) => ({ ...login(params), position });
  const told = [];
  context.chat.on(MESSAGE_RECEIVED, ({ data }) => told.push(...data.map(({ ID }) => ID)));
  const first = await logIn(context);
  position = 'two';
  const connection = await reconnect(context, () => first.close(4001));
  const list = await connection.request();
  assert.deepEqual([list.method, list.params.since], ['getConversationList', 'one']);
  // Bob was on the second page. His second message comes before it is asked for.
  connection.notify(['MESSAGE_RECEIVED', { messages: [wire('bob', 2)] }]);
  connection.answer(list, { conversationList: [], nextCursor: 'next', isCompleted: false });
  const second = await connection.request();
  assert.equal(second.params.cursor, 'next');
  connection.answer(second, { conversationList: [], nextCursor: '', isCompleted: true });
  const page = await connection.request();
  assert.deepEqual([page.params.conversationID, page.params.since], ['C2Cbob', 'one']);
  const received = context.waitFor(MESSAGE_RECEIVED);
  connection.answer(page, {
    messageList: [wire('bob', 1), wire('bob', 2)],
    nextReqMessageID: '',
    isCompleted: true,
  });
  await received;
  assert.deepEqual(told, [wire('bob', 1).ID, wire('bob', 2).ID]);
});

test('a hub that can not tell what is new is asked again, and messages go on', async (t) => {
  const context = await start(t);
  let position = 'one';
  const { login } = context.hub.answers;
  context.hub.answers.login = (params) => ({ ...login(params), position });
  const first = await logIn(context);
  position = 'two';
  const connection = await reconnect(context, () => first.close(4001));
  connection.answer(await connection.request(), { code: 10002, message: 'busy' });
  const received = context.waitFor(MESSAGE_RECEIVED);
  connection.notify(['MESSAGE_RECEIVED', { messages: [wire('bob', 1)] }]);
  await received;
  let again;
  void connection.request().then((request) => (again = request));
  while (!again) {
    context.clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual([again.method, again.params.since], ['getConversationList', 'one']);
});
