// A lost connection to a real hub: handlers get what was missed, in order and once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { codes, pairs, poll, secretKey, send, set } from './fixture.js';
import { User } from './user.js';
import { TcpProxy } from './proxy.js';

const { EVENT } = TencentCloudChat;
const { MESSAGE_RECEIVED, MESSAGE_EXTENSIONS_UPDATED, MESSAGE_EXTENSIONS_DELETED } = EVENT;
const timeout = 60_000;

let hub;
before(
  async () => {
    hub = await Hub.start(
      '--secret-key',
      secretKey,
      '--message-rate',
      '0',
      '--max-tombstones',
      '10',
    );
  },
  { timeout: 300_000 },
);
after(() => hub.stop());

test(
  'who was away hears what was missed, in order and once: messages first, then pairs',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { alice, bob, groupID, message, copy } = await poll(t, hub, { proxy });
    for (const key of ['stays', 'changes', 'goes']) await set(alice, message, key, '1');
    await bob.waitForPair(message.ID, 'goes', '1');
    await pairs(bob, copy);
    bob.clearEvents();
    proxy.cut();
    await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    await set(alice, message, 'changes', '2');
    await set(alice, message, 'comes', '1');
    await alice.chat.deleteMessageExtensions(message, ['goes']);
    for (let i = 0; i < 20; i++) await send(alice, groupID);
    proxy.restore();
    const received = await bob.waitFor(MESSAGE_RECEIVED);
    assert.deepEqual(
      received.map(({ sequence }) => sequence),
      Array.from({ length: 20 }, (_, i) => i + 2),
    );
    await bob.waitForPair(message.ID, 'goes', '');
    const changed = bob
      .eventsOf(MESSAGE_EXTENSIONS_UPDATED)
      .flatMap(({ extensions }) => extensions);
    assert.deepEqual(changed, [
      { key: 'changes', value: '2' },
      { key: 'comes', value: '1' },
    ]);
    assert.deepEqual(bob.eventNames, [
      MESSAGE_RECEIVED,
      MESSAGE_EXTENSIONS_UPDATED,
      MESSAGE_EXTENSIONS_DELETED,
    ]);
    await set(alice, message, 'live', 'again');
    await bob.waitForPair(message.ID, 'live', 'again');
    assert.deepEqual(codes(await set(bob, copy, 'changes', '3')), [0], 'the Seq was caught up too');
  },
);

test(
  'who was away for so long that deletions are forgotten still hears of each',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { alice, bob, message, copy } = await poll(t, hub, { proxy });
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    await alice.chat.setMessageExtensions(
      message,
      [...keys.slice(1), 'stays'].map((key) => ({ key, value: '1' })),
    );
    await bob.waitForPair(message.ID, 'stays', '1');
    await pairs(bob, copy);
    proxy.cut();
    await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    // More than --max-tombstones.
    for (const key of keys.slice(1)) await alice.chat.deleteMessageExtensions(message, [key]);
    proxy.restore();
    await Promise.all(keys.slice(1).map((key) => bob.waitForPair(message.ID, key, '')));
    assert.deepEqual(await pairs(bob, copy), new Map([['stays', '1']]));
  },
);

test('a clear while away', { timeout }, async (t) => {
  const proxy = await TcpProxy.open(t, hub);
  const { alice, bob, message, copy } = await poll(t, hub, { proxy });
  await alice.chat.setMessageExtensions(
    message,
    ['a', 'b'].map((key) => ({ key, value: '1' })),
  );
  await bob.waitForPair(message.ID, 'b', '1');
  await pairs(bob, copy);
  proxy.cut();
  await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
  await alice.chat.deleteMessageExtensions(message);
  await set(alice, message, 'b', '2');
  proxy.restore();
  await Promise.all([bob.waitForPair(message.ID, 'a', ''), bob.waitForPair(message.ID, 'b', '2')]);
  assert.deepEqual(await pairs(bob, copy), new Map([['b', '2']]));
});

test(
  'kill -9 of the hub and a new start: everybody is back by itself and nothing is lost',
  { timeout },
  async (t) => {
    const own = await Hub.start();
    t.after(() => own.stop());
    const proxy = await TcpProxy.open(t, own);
    const { bob, message, copy } = await poll(t, own, { proxy });
    const alice = await User.logIn(t, own, 'alice', { url: proxy.url });
    await set(alice, message, 'alice', 'noodles');
    await own.kill();
    await Promise.all(
      [alice, bob].map((user) =>
        user.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected'),
      ),
    );
    const waiting = set(bob, copy, 'bob', 'rice');
    await own.restart();
    assert.deepEqual(codes(await waiting), [0]);
    await Promise.all([alice, bob].map((user) => user.waitForPair(message.ID, 'bob', 'rice')));
    for (const user of [alice, bob])
      assert.deepEqual(
        await pairs(user, message),
        new Map([
          ['alice', 'noodles'],
          ['bob', 'rice'],
        ]),
      );
    for (const user of [alice, bob]) assert.equal(user.eventsOf(EVENT.SDK_READY).length, 1);
  },
);

test(
  "a write whose answer was lost on the way is known to be done, and is nobody's conflict",
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { alice, bob, groupID, message, copy } = await poll(t, hub, { proxy });
    for (const [run, key, value] of [
      [() => set(bob, copy, 'a', '1'), 'a', '1'],
      [() => set(bob, copy, 'a', '2'), 'a', '2'],
      [() => bob.chat.deleteMessageExtensions(copy, ['a']), 'a', ''],
    ]) {
      alice.clearEvents();
      proxy.deafen();
      const write = run();
      await alice.waitForPair(message.ID, key, value);
      const behind = set(bob, copy, 'a', 'behind');
      proxy.cut();
      proxy.restore();
      assert.deepEqual((await write).data.extensions, [{ code: 0, key, value }]);
      assert.deepEqual(codes(await behind), [0]);
    }
    const draft = bob.chat.createCustomMessage({
      to: groupID,
      conversationType: 'GROUP',
      payload: { data: 'once' },
    });
    alice.clearEvents();
    proxy.deafen();
    const sending = bob.chat.sendMessage(draft);
    const [received] = await alice.waitFor(MESSAGE_RECEIVED);
    proxy.cut();
    proxy.restore();
    assert.equal((await sending).data.message.ID, received.ID);
    assert.equal(draft.status, 'success');
    const { data } = await alice.chat.getMessageList({ conversationID: received.conversationID });
    assert.equal(data.messageList.length, 2, 'the poll and the message, once');
  },
);
