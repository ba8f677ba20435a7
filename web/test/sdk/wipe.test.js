// The hub loses its data while a session stays: the session drops what it knew, and handlers get
// what is there now.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { User } from './user.js';
import { TcpProxy } from './proxy.js';

const { EVENT, TYPES } = TencentCloudChat;
const { MESSAGE_RECEIVED, MESSAGE_EXTENSIONS_UPDATED, MESSAGE_EXTENSIONS_DELETED } = EVENT;
// Otherwise the key would be lost with the data, and no UserSig would be valid.
const secretKey = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';
const timeout = 60_000;
const groupID = 'lunch';

/** What Alice asks because she listens to the events of lists: it is not about messages. */
const LISTS = ['getConversationList', 'getGroupList', 'getGroupProfile', 'getUserProfile'];

/** Starts a hub and a proxy to it, and logs Alice in, whose requests asked lists. */
async function start(t) {
  const hub = await Hub.start('--secret-key', secretKey);
  t.after(() => hub.stop());
  const proxy = await TcpProxy.open(t, hub);
  const asked = [];
  class Noted extends WebSocket {
    send(frame) {
      const { method, params } = JSON.parse(frame);
      const of = params.messageID ?? params.conversationID ?? '';
      if (!LISTS.includes(method)) asked.push(`${method} ${of} ${params.startSeq ?? ''}`.trim());
      super.send(frame);
    }
  }
  const alice = await User.logIn(t, hub, 'alice', { url: proxy.url, WebSocket: Noted });
  return { hub, proxy, asked, alice };
}

/**
 * Logs Bob in, who makes the group, and sends one message to it and one to Alice with these pairs.
 */
async function populate(t, hub, pairs) {
  const { chat } = await User.logIn(t, hub, 'bob');
  await chat.createGroup({
    groupID,
    name: 'Lunch',
    type: TYPES.GRP_PUBLIC,
    memberList: [{ userID: 'alice' }],
  });
  const send = async (to, conversationType) => {
    const draft = chat.createCustomMessage({
      to,
      conversationType,
      payload: { data: '{"title":"Lunch?"}' },
      isSupportExtension: true,
    });
    return (await chat.sendMessage(draft)).data.message;
  };
  const messages = [await send(groupID, TYPES.CONV_GROUP), await send('alice', TYPES.CONV_C2C)];
  for (const message of messages) {
    for (const [key, value] of Object.entries(pairs))
      await chat.setMessageExtensions(message, [{ key, value }]);
  }
  return { chat, post: messages[0], letter: messages[1] };
}

/** Waits for both messages and their last pair, reads them, and returns Alice's copies. */
async function readBoth(alice, { post, letter }, lastKey, lastValue) {
  const copies = await Promise.all(
    [post, letter].map(async ({ ID }) => {
      const [copy] = await alice.waitFor(MESSAGE_RECEIVED, ([message]) => message.ID === ID);
      await alice.waitForPair(ID, lastKey, lastValue);
      return copy;
    }),
  );
  for (const copy of copies) await alice.chat.getMessageExtensions(copy);
  alice.clearEvents();
  return copies;
}

async function wipe(hub) {
  await hub.kill();
  await hub.wipe();
  await hub.restart();
}

const goes = (user) =>
  user.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
const read = async (user, message) =>
  Object.fromEntries(
    (await user.chat.getMessageExtensions(message)).data.extensions.map(({ key, value }) => [
      key,
      value,
    ]),
  );
const from = (events, ID) => events.filter(({ messageID }) => messageID === ID);

test(
  'all is made again before the session is back: it gets the difference',
  { timeout },
  async (t) => {
    const { hub, proxy, asked, alice } = await start(t);
    const before = await populate(t, hub, { same: '1', changed: '1', gone: '1', last: '1' });
    const [copy, letter] = await readBoth(alice, before, 'last', '1');
    proxy.cut();
    await goes(alice);
    await wipe(hub);
    const after = await populate(t, hub, { new: '2', same: '1', changed: '2' });
    assert.equal(after.post.ID, copy.ID);
    asked.length = 0;
    proxy.restore();

    await Promise.all([
      alice.waitForPair(copy.ID, 'gone', ''),
      alice.waitForPair(letter.ID, 'gone', ''),
    ]);
    const received = alice.eventsOf(MESSAGE_RECEIVED).flat();
    assert.deepEqual(received.map(({ ID }) => ID).sort(), [after.post.ID, after.letter.ID].sort());
    assert.notEqual(
      received.find(({ ID }) => ID === copy.ID),
      copy,
      'the same ID names another message',
    );
    assert.deepEqual(
      from(alice.eventsOf(MESSAGE_EXTENSIONS_UPDATED), copy.ID).flatMap(
        ({ extensions }) => extensions,
      ),
      [
        { key: 'new', value: '2' },
        { key: 'changed', value: '2' },
      ],
    );
    assert.deepEqual(
      from(alice.eventsOf(MESSAGE_EXTENSIONS_DELETED), copy.ID)
        .flatMap(({ keyList }) => keyList)
        .sort(),
      ['gone', 'last'],
    );
    assert.deepEqual(await read(alice, copy), { new: '2', same: '1', changed: '2' });
    await assert.rejects(alice.chat.getMessageExtensions(letter), { code: 23004 });

    await after.chat.setMessageExtensions(after.post, [{ key: 'same', value: '3' }]);
    await alice.waitForPair(copy.ID, 'same', '3');
    const { data } = await alice.chat.setMessageExtensions(copy, [{ key: 'same', value: '4' }]);
    assert.deepEqual(data.extensions, [{ code: 0, key: 'same', value: '4' }]);
    const [cursor] = asked
      .filter((request) => request.startsWith(`getMessageExtensions ${copy.ID} `))
      .slice(1);
    assert.deepEqual(
      asked.sort(),
      [
        'login',
        `getMessageList GROUP${groupID}`,
        'getMessageList C2Cbob',
        `getMessageExtensions ${copy.ID} 0`,
        `getMessageExtensions ${letter.ID} 0`, // to catch up
        cursor,
        `getMessageExtensions ${letter.ID} 0`,
        `setMessageExtensions ${copy.ID}`, // from this test
      ].sort(),
    );
  },
);

test(
  'the session is back before anything is made again: it forgets all, and gets what comes',
  { timeout },
  async (t) => {
    const { hub, asked, alice } = await start(t);
    const [copy, letter] = await readBoth(
      alice,
      await populate(t, hub, { gone: '1' }),
      'gone',
      '1',
    );
    asked.length = 0;
    await wipe(hub);
    await Promise.all([
      alice.waitForPair(copy.ID, 'gone', ''),
      alice.waitForPair(letter.ID, 'gone', ''),
    ]);
    assert.deepEqual(alice.eventNames, [MESSAGE_EXTENSIONS_DELETED, MESSAGE_EXTENSIONS_DELETED]);

    const after = await populate(t, hub, { new: '2' });
    await Promise.all(
      [after.post, after.letter].map(({ ID }) => alice.waitForPair(ID, 'new', '2')),
    );
    assert.deepEqual(
      alice
        .eventsOf(MESSAGE_RECEIVED)
        .flat()
        .map(({ ID }) => ID),
      [after.post.ID, after.letter.ID],
    );
    assert.deepEqual(await read(alice, after.post), { new: '2' });
    assert.deepEqual(
      asked.sort(),
      [
        'login',
        `getMessageList GROUP${groupID}`,
        `getMessageList GROUP${groupID}`, // from where on the group that was made anew is followed
        'getMessageList C2Cbob',
        `getMessageExtensions ${copy.ID} 0`,
        `getMessageExtensions ${letter.ID} 0`,
        `getMessageExtensions ${copy.ID} 0`,
      ].sort(),
    );
  },
);
