// A gap in a membership is a gap in what is known, also on a connection that never broke.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WebSocket as RealSocket } from 'ws';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { codes, pairs, poll, secretKey, send, set } from './fixture.js';
import { TcpProxy } from './proxy.js';
import { User } from './user.js';

const { EVENT } = TencentCloudChat;
const timeout = 60_000;

let hub;
before(async () => (hub = await Hub.start('--secret-key', secretKey, '--message-rate', '0')), {
  timeout: 300_000,
});
after(() => hub.stop());

const WAYS = {
  'removed and added again': {
    reason: 'removed',
    leave: ({ alice, groupID }) => alice.chat.deleteGroupMember({ groupID, userIDList: ['bob'] }),
    enter: ({ alice, groupID }) => alice.chat.addGroupMember({ groupID, userIDList: ['bob'] }),
  },
  'gone and back again': {
    reason: 'quit',
    leave: ({ bob, groupID }) => bob.chat.quitGroup(groupID),
    enter: ({ bob, groupID }) => bob.chat.joinGroup({ groupID }),
  },
  'gone and back again in another session': {
    reason: 'quit',
    leave: ({ phone, groupID }) => phone.chat.quitGroup(groupID),
    enter: ({ phone, groupID }) => phone.chat.joinGroup({ groupID }),
  },
};

for (const [way, { reason, leave, enter }] of Object.entries(WAYS)) {
  test(`${way}: what changed meanwhile is told, in order and once`, { timeout }, async (t) => {
    const world = await poll(t, hub);
    const { alice, bob, groupID, message, copy } = world;
    world.phone = await User.logIn(t, hub, 'bob');
    for (const key of ['stays', 'changes', 'goes']) await set(alice, message, key, '1');
    await bob.waitForPair(message.ID, 'goes', '1');
    await pairs(bob, copy);
    bob.clearEvents();
    await leave(world);
    await bob.waitFor(EVENT.GROUP_LEFT, (data) => data.groupID === groupID);
    await assert.rejects(bob.chat.getMessageExtensions(copy), { code: 10007 });
    await set(alice, message, 'changes', '2');
    await set(alice, message, 'comes', '1');
    await alice.chat.deleteMessageExtensions(message, ['goes']);
    const missed = [await send(alice, groupID), await send(alice, groupID)];
    await enter(world);
    const live = await send(alice, groupID);
    await set(alice, message, 'live', '1');
    await bob.waitFor(EVENT.MESSAGE_RECEIVED, (list) => list.some(({ ID }) => ID === live.ID));
    await Promise.all(
      Object.entries({ changes: '2', comes: '1', goes: '', live: '1' }).map(([key, value]) =>
        bob.waitForPair(message.ID, key, value),
      ),
    );
    assert.deepEqual(
      bob.eventsOf(EVENT.MESSAGE_RECEIVED).flatMap((list) => list.map(({ ID }) => ID)),
      [...missed, live].map(({ ID }) => ID),
    );
    const told = bob.eventsOf(EVENT.MESSAGE_EXTENSIONS_UPDATED).flatMap((one) => one.extensions);
    assert.deepEqual(told.map(({ key, value }) => key + value).sort(), [
      'changes2',
      'comes1',
      'live1',
    ]);
    assert.deepEqual(bob.eventsOf(EVENT.GROUP_LEFT), [{ groupID, reason }]);
    assert.deepEqual(bob.eventsOf(EVENT.GROUP_JOINED), [{ groupID }]);
    assert.deepEqual(Object.fromEntries(await pairs(bob, copy)), {
      stays: '1',
      changes: '2',
      comes: '1',
      live: '1',
    });
    assert.deepEqual(codes(await set(bob, copy, 'comes', '2')), [0], 'it knows the Seq');
  });
}

test('removed and added again while away: told as well', { timeout }, async (t) => {
  const proxy = await TcpProxy.open(t, hub);
  const world = await poll(t, hub, { proxy });
  const { alice, bob, groupID, message } = world;
  await removeWhileAway(world, proxy);
  proxy.restore();
  await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'connected');
  await assert.rejects(bob.chat.getMessageExtensions(message), { code: 10007 });
  await comeBack(world, () => alice.chat.addGroupMember({ groupID, userIDList: ['bob'] }));
});

for (const method of ['getMessageList', 'getMessageExtensions']) {
  test(`${method} refuses, and the refusal comes behind the return`, { timeout }, async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { WebSocket, holdNext } = overtaken(method);
    const world = await poll(t, hub, { proxy, WebSocket });
    await cutAfterRead(world, proxy);
    const held = holdNext(() => removeForAChange(world));
    proxy.restore();
    assert.equal((await held).error.code, 10007);
    const { alice, groupID } = world;
    await comeBack(world, () => alice.chat.addGroupMember({ groupID, userIDList: ['bob'] }));
  });

  test(`${method} answers, and the answer comes behind a return`, { timeout }, async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { WebSocket, holdNext } = overtaken(method);
    const world = await poll(t, hub, { proxy, WebSocket });
    await cutAfterRead(world, proxy);
    const held = holdNext();
    proxy.restore();
    assert.ok((await held).result);
    await removeForAChange(world);
    const { alice, groupID } = world;
    await comeBack(world, () => alice.chat.addGroupMember({ groupID, userIDList: ['bob'] }));
  });
}

test(
  'removed before what was missed is read: told after the return, in order',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { WebSocket, holdNext } = overtaken('getConversationList', 'GROUP_LEFT');
    const world = await poll(t, hub, { proxy, WebSocket });
    const { alice, bob, groupID } = world;
    await cutAfterRead(world, proxy);
    const missed = await send(alice, groupID);
    const held = holdNext();
    proxy.restore();
    await held;
    const live = await send(alice, groupID);
    await set(alice, live, 'a', '1');
    await alice.chat.deleteGroupMember({ groupID, userIDList: ['bob'] });
    await bob.waitFor(EVENT.GROUP_LEFT);
    await alice.chat.addGroupMember({ groupID, userIDList: ['bob'] });
    await bob.waitFor(EVENT.MESSAGE_RECEIVED, (list) => list.some(({ ID }) => ID === missed.ID));
    assert.deepEqual(
      bob.eventsOf(EVENT.MESSAGE_RECEIVED).flatMap((list) => list.map(({ ID }) => ID)),
      [missed.ID, live.ID],
    );
    assert.equal(bob.eventNames[0], EVENT.MESSAGE_RECEIVED, 'no pair before its message');
  },
);

test(
  'an answer that comes behind the removal hides nothing of what is missed',
  { timeout },
  async (t) => {
    const { WebSocket, holdNext } = overtaken('getMessageList', 'GROUP_LEFT');
    const { alice, groupID } = await poll(t, hub);
    const carol = await User.logIn(t, hub, 'carol', { WebSocket });
    const held = holdNext();
    await carol.chat.joinGroup({ groupID });
    assert.ok((await held).result);
    await alice.chat.deleteGroupMember({ groupID, userIDList: ['carol'] });
    await carol.waitFor(EVENT.GROUP_LEFT);
    const missed = await send(alice, groupID);
    await alice.chat.addGroupMember({ groupID, userIDList: ['carol'] });
    const live = await send(alice, groupID);
    await carol.waitFor(EVENT.MESSAGE_RECEIVED, (list) => list.some(({ ID }) => ID === live.ID));
    assert.deepEqual(
      carol.eventsOf(EVENT.MESSAGE_RECEIVED).flatMap((list) => list.map(({ ID }) => ID)),
      [missed.ID, live.ID],
    );
  },
);

test(
  'who is in a group is told though the line drops before what was missed',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { WebSocket, holdNext, passing } = overtaken('getMessageList', 'none');
    const world = await poll(t, hub, { proxy, WebSocket });
    const { alice, bob, groupID } = world;
    await cutAfterRead(world, proxy);
    await send(alice, groupID);
    const held = holdNext();
    proxy.restore();
    await held;
    const moves = [
      ['deleteGroupMember', 'GROUP_LEFT'],
      ['addGroupMember', 'GROUP_JOINED'],
      ['deleteGroupMember', 'GROUP_LEFT'],
    ];
    for (const [method, notification] of moves) {
      const passed = passing(notification);
      await alice.chat[method]({ groupID, userIDList: ['bob'] });
      await passed;
    }
    bob.clearEvents();
    proxy.cut();
    await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    await bob.waitFor(EVENT.GROUP_JOINED);
    assert.equal(bob.eventsOf(EVENT.GROUP_LEFT).length, 2);
  },
);

/** Bob has read the pairs, is away, and is removed. */
async function removeWhileAway(world, proxy) {
  await cutAfterRead(world, proxy);
  await removeForAChange(world);
}

async function cutAfterRead({ alice, bob, message, copy }, proxy) {
  await set(alice, message, 'stays', '1');
  await bob.waitForPair(message.ID, 'stays', '1');
  await pairs(bob, copy);
  proxy.cut();
  await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
  bob.clearEvents();
}

async function removeForAChange({ alice, groupID, message }) {
  await alice.chat.deleteGroupMember({ groupID, userIDList: ['bob'] });
  await set(alice, message, 'comes', '1');
}

/** Bob enters again, hears what he missed, and knows all that there is. */
async function comeBack({ alice, bob, groupID, message, copy }, enter) {
  const missed = await send(alice, groupID);
  await enter();
  await bob.waitForPair(message.ID, 'comes', '1');
  await bob.waitFor(EVENT.MESSAGE_RECEIVED, (list) => list.some(({ ID }) => ID === missed.ID));
  assert.deepEqual(Object.fromEntries(await pairs(bob, copy)), { stays: '1', comes: '1' });
  assert.equal(bob.eventsOf(EVENT.MESSAGE_EXTENSIONS_DELETED).length, 0);
}

/**
 * A socket on which an answer is overtaken by a notification, as when the hub had decided before
 * it. holdNext has that done to the next call of the method, which leaves when that has happened
 * which is to happen meanwhile, and resolves with the answer as soon as it is held. passing
 * resolves when the next notification of a name has come.
 */
function overtaken(method, notification = 'GROUP_JOINED') {
  let next;
  let note;
  let answer;
  const asked = new Set();
  const passed = new Map();
  class Overtaken extends RealSocket {
    send(data) {
      const request = JSON.parse(data);
      if (!next || request.method !== method) return super.send(data);
      asked.add(request.id);
      void next().then(() => super.send(data));
      next = undefined;
    }
    set onmessage(handler) {
      const pass = (item) => handler({ data: JSON.stringify(item) });
      super.onmessage =
        handler &&
        (({ data }) => {
          for (const item of [JSON.parse(data)].flat()) {
            if (asked.delete(item.id)) {
              answer = item;
              note(item);
              continue;
            }
            pass(item);
            passed.get(item.method)?.();
            if (item.method !== notification || !answer) continue;
            pass(answer);
            answer = undefined;
          }
        });
    }
  }
  const holdNext = (meanwhile = async () => {}) => {
    next = meanwhile;
    return new Promise((resolve) => (note = resolve));
  };
  const passing = (name) => new Promise((resolve) => passed.set(name, resolve));
  return { WebSocket: Overtaken, holdNext, passing };
}

test(
  'the first message of a group that was joined is told, also if it came while away',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { alice, groupID } = await poll(t, hub);
    const carol = await User.logIn(t, hub, 'carol', { url: proxy.url });
    await carol.chat.joinGroup({ groupID });
    await carol.waitFor(EVENT.GROUP_JOINED);
    await carol.chat.getGroupMemberList({ groupID }); // behind what the SDK has asked by then
    proxy.cut();
    await carol.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    const missed = await send(alice, groupID);
    proxy.restore();
    const received = await carol.waitFor(EVENT.MESSAGE_RECEIVED);
    assert.deepEqual(
      received.map(({ ID }) => ID),
      [missed.ID],
    );
  },
);

test('whoever is added is told of the group, and of its end', { timeout }, async (t) => {
  const alice = await User.logIn(t, hub, 'alice');
  const bob = await User.logIn(t, hub, 'bob');
  const { group } = (await alice.chat.createGroup({ name: 'New', memberList: [{ userID: 'bob' }] }))
    .data;
  const mine = ({ groupID }) => groupID === group.groupID;
  await Promise.all([alice, bob].map((user) => user.waitFor(EVENT.GROUP_JOINED, mine)));
  await alice.chat.dismissGroup(group.groupID);
  for (const user of [alice, bob])
    assert.equal((await user.waitFor(EVENT.GROUP_LEFT, mine)).reason, 'dismissed');
});
