// The SDK on a real hub: real processes, sockets and storage.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { codes, pairs, poll, secretKey, send, set, sign } from './fixture.js';
import { fetchUserSig, User } from './user.js';

const { EVENT, TYPES } = TencentCloudChat;
const { MESSAGE_RECEIVED, MESSAGE_EXTENSIONS_UPDATED, MESSAGE_EXTENSIONS_DELETED } = EVENT;
const timeout = 60_000;

let hub;
before(
  async () => {
    hub = await Hub.start('--secret-key', secretKey, '--message-rate', '0');
  },
  { timeout: 300_000 },
);
after(() => hub.stop());

test('login: who is who, and who is not', { timeout }, async (t) => {
  const alice = await User.logIn(t, hub, 'alice');
  assert.equal(alice.chat.getLoginUser(), 'alice');
  assert.equal(alice.eventsOf(EVENT.SDK_READY).length, 1);
  assert.deepEqual(alice.eventsOf(EVENT.NET_STATE_CHANGE), [
    { state: 'connecting' },
    { state: 'connected' },
  ]);
  assert.ok(Math.abs(alice.chat.getServerTime() - Date.now() / 1000) < 5);
  const { userSig } = await fetchUserSig(hub, 'alice');
  await assert.rejects(User.logIn(t, hub, 'bob', { userSig }), { code: 70013 });
  await assert.rejects(User.logIn(t, hub, 'alice', { userSig: userSig.slice(0, 40) }), {
    code: 70003,
  });
  await assert.rejects(User.logIn(t, hub, 'alice', { userSig: sign('alice', 60, 'another key') }), {
    code: 70009,
  });
  const now = t.mock.method(Date, 'now', () => 1_700_000_000_000);
  const old = sign('alice', 60);
  now.mock.restore();
  await assert.rejects(User.logIn(t, hub, 'alice', { userSig: old }), { code: 70001 });
});

test('a UserSig that expires: the end of the session, or the next one', { timeout }, async (t) => {
  const lifetimes = [1, 60];
  const bob = await User.logIn(t, hub, 'bob', { userSig: () => sign('bob', lifetimes.shift()) });
  const alice = await User.logIn(t, hub, 'alice', { userSig: sign('alice', 1) });
  assert.deepEqual(await alice.waitFor(EVENT.KICKED_OUT), {
    type: TYPES.KICKED_OUT_USERSIG_EXPIRED,
  });
  await alice.waitFor(EVENT.SDK_NOT_READY);
  await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
  await bob.chat.joinGroup({ groupID: 'nowhere' }).catch(({ code }) => assert.equal(code, 10010));
  assert.deepEqual(bob.eventsOf(EVENT.KICKED_OUT), []);
});

test('pairs of control characters: several pages, read to the end', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await poll(t, hub);
  // JSON makes six bytes of each character, and a page is cut by bytes: 200 pairs take three.
  const value = '\u0001'.repeat(1000);
  const all = Array.from({ length: 200 }, (_, i) => ({ key: `k${i}`, value }));
  for (let i = 0; i < all.length; i += 8)
    await alice.chat.setMessageExtensions(message, all.slice(i, i + 8));
  const later = await User.logIn(t, hub, bob.userID);
  const read = await pairs(later, copy);
  assert.deepEqual(
    [...read.keys()],
    [...all.keys()].map((i) => `k${i}`),
  );
  assert.deepEqual(new Set(read.values()), new Set([value]));
  assert.deepEqual(
    later.eventsOf(EVENT.NET_STATE_CHANGE).map(({ state }) => state),
    ['connecting', 'connected'],
  );
});

test('a message: the sender holds one object, the others get theirs', { timeout }, async (t) => {
  const { alice, bob, groupID, message, copy } = await poll(t, hub);
  assert.equal(message.status, 'success');
  assert.equal(alice.chat.findMessage(message.ID), message);
  assert.deepEqual([message.flow, copy.flow], ['out', 'in']);
  for (const one of [message, copy]) {
    assert.deepEqual(
      [
        one.conversationID,
        one.conversationType,
        one.from,
        one.to,
        one.isSupportExtension,
        one.sequence,
        one.type,
      ],
      [`GROUP${groupID}`, 'GROUP', 'alice', groupID, true, 1, TYPES.MSG_CUSTOM],
    );
    assert.deepEqual(one.payload, { data: '{"title":"Lunch?"}', description: '', extension: '' });
    assert.ok(Math.abs(one.time - Date.now() / 1000) < 5);
  }
  assert.deepEqual(alice.eventsOf(MESSAGE_RECEIVED), []);
  assert.equal(bob.eventsOf(MESSAGE_RECEIVED).length, 1);
});

test('one to one, and what the same user elsewhere gets', { timeout }, async (t) => {
  const alice = await User.logIn(t, hub, 'alice');
  const phone = await User.logIn(t, hub, 'alice');
  const bob = await User.logIn(t, hub, 'bob');
  const draft = alice.chat.createTextMessage({
    to: 'bob',
    conversationType: TYPES.CONV_C2C,
    payload: { text: 'hi' },
    isSupportExtension: true,
  });
  await alice.chat.sendMessage(draft);
  const is = ([{ ID }]) => ID === draft.ID;
  const [[mine], [theirs]] = await Promise.all([
    phone.waitFor(MESSAGE_RECEIVED, is),
    bob.waitFor(MESSAGE_RECEIVED, is),
  ]);
  assert.deepEqual(
    [draft.conversationID, mine.conversationID, theirs.conversationID],
    ['C2Cbob', 'C2Cbob', 'C2Calice'],
  );
  assert.deepEqual([mine.flow, theirs.flow, theirs.payload.text], ['out', 'in', 'hi']);
  await set(bob, theirs, 'bob', 'read');
  await Promise.all([alice, phone, bob].map((user) => user.waitForPair(draft.ID, 'bob', 'read')));
});

test('a message that is sent again is taken once', { timeout }, async (t) => {
  const { bob, groupID } = await poll(t, hub);
  const message = await send(bob, groupID);
  const { ID } = message;
  await bob.chat.sendMessage(message);
  assert.equal(message.ID, ID);
  const { data } = await bob.chat.getMessageList({ conversationID: `GROUP${groupID}` });
  assert.equal(data.messageList.length, 2);
});

test('a set reaches everybody once, the author too', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await poll(t, hub);
  const { code, data } = await alice.chat.setMessageExtensions(message, [
    { key: 'a', value: '1' },
    { key: 'b', value: '2' },
  ]);
  assert.equal(code, 0);
  assert.deepEqual(data.extensions, [
    { code: 0, key: 'a', value: '1' },
    { code: 0, key: 'b', value: '2' },
  ]);
  await set(bob, copy, 'c', '3');
  for (const user of [alice, bob]) {
    await user.waitForPair(message.ID, 'c', '3');
    const all = user.eventsOf(MESSAGE_EXTENSIONS_UPDATED).flatMap(({ extensions }) => extensions);
    assert.deepEqual(all, [
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
      { key: 'c', value: '3' },
    ]);
    assert.deepEqual(
      await pairs(user, message),
      new Map([
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ]),
    );
  }
  assert.equal(bob.eventNames[0], MESSAGE_RECEIVED);
});

test('a conflict shows the value as it is, and the retry goes through', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await poll(t, hub);
  await set(alice, message, 'a', 'hers');
  const late = await User.logIn(t, hub, 'bob');
  assert.deepEqual((await set(late, copy, 'a', 'his')).data.extensions, [
    { code: 23001, key: 'a', value: 'hers' },
  ]);
  assert.deepEqual(codes(await set(late, copy, 'a', 'his')), [0]);
  assert.deepEqual(
    (await late.chat.deleteMessageExtensions(copy, ['a'])).data.extensions.map(({ code }) => code),
    [0],
  );
  await Promise.all([alice, bob].map((user) => user.waitForPair(message.ID, 'a', '')));
});

test('a set with atomic does all or nothing', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await poll(t, hub);
  await set(alice, message, 'b', 'hers');
  const late = await User.logIn(t, hub, 'bob');
  const list = ['a', 'b', 'c'].map((key) => ({ key, value: 'his' }));
  const atomic = () => late.chat.setMessageExtensions(copy, list, { atomic: true });
  assert.deepEqual((await atomic()).data.extensions, [
    { code: 23001, key: 'a', value: '' },
    { code: 23001, key: 'b', value: 'hers' },
    { code: 23001, key: 'c', value: '' },
  ]);
  assert.deepEqual(await pairs(alice, message), new Map([['b', 'hers']]));
  assert.deepEqual(codes(await atomic()), [0, 0, 0]);
  await Promise.all([alice, bob].map((user) => user.waitForPair(message.ID, 'c', 'his')));
  assert.deepEqual(new Set((await pairs(alice, message)).values()), new Set(['his']));

  const many = Array.from({ length: 21 }, (_, i) => ({ key: `k${i}`, value: '1' }));
  await assert.rejects(late.chat.setMessageExtensions(copy, many, { atomic: true }), {
    code: 10004,
  });
  assert.equal((await pairs(alice, message)).size, 3);
});

test(
  'of two who set the same pair at once exactly one wins, and the other gets the value',
  { timeout },
  async (t) => {
    const { alice, bob, message, copy } = await poll(t, hub);
    for (let round = 0; round < 100; round++) {
      const [mine, theirs] = (
        await Promise.all([
          set(alice, message, 'a', `alice ${round}`),
          set(bob, copy, 'a', `bob ${round}`),
        ])
      ).map(({ data }) => data.extensions[0]);
      assert.deepEqual([mine.code, theirs.code].sort(), [0, 23001], `round ${round}`);
      assert.equal(mine.value, theirs.value, `round ${round}`);
      await Promise.all([alice, bob].map((user) => user.waitForPair(message.ID, 'a', mine.value)));
    }
  },
);

test('delete, clear, and set again at once', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await poll(t, hub);
  await alice.chat.setMessageExtensions(
    message,
    ['a', 'b', 'c'].map((key) => ({ key, value: '1' })),
  );
  assert.deepEqual((await alice.chat.deleteMessageExtensions(message, ['a'])).data.extensions, [
    { code: 0, key: 'a', value: '' },
  ]);
  await bob.waitForPair(message.ID, 'a', '');
  assert.deepEqual((await bob.chat.deleteMessageExtensions(copy)).data, { extensions: [] });
  assert.deepEqual(codes(await set(bob, copy, 'b', '2')), [0]);
  for (const user of [alice, bob]) {
    await user.waitForPair(message.ID, 'b', '2');
    await user.waitForPair(message.ID, 'c', '');
    assert.deepEqual(await pairs(user, message), new Map([['b', '2']]));
    const gone = user.eventsOf(MESSAGE_EXTENSIONS_DELETED).flatMap(({ keyList }) => keyList);
    // The answer to Bob's own set may overtake the event of the clear. Then b is there again for
    // Bob before its deletion could be told.
    const overtaken = user === bob && !gone.includes('b');
    assert.deepEqual(gone.sort(), overtaken ? ['a', 'c'] : ['a', 'b', 'c']);
  }
});

test('300 pairs fill two pages; the 301st is refused with a sentence', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await poll(t, hub);
  for (let from = 0; from < 300; from += 20) {
    await alice.chat.setMessageExtensions(
      message,
      Array.from({ length: 20 }, (_, i) => ({ key: `k${from + i}`, value: 'ä'.repeat(10) })),
    );
  }
  assert.equal((await pairs(bob, copy)).size, 300);
  await assert.rejects(
    set(alice, message, 'one more', '1'),
    (error) => error.code === 10004 && /300/.test(error.message),
  );
  await bob.chat.deleteMessageExtensions(copy);
  assert.equal((await pairs(alice, message)).size, 0);
});

test('what the rules refuse comes as an error with its code', { timeout }, async (t) => {
  const { alice, groupID, message } = await poll(t, hub);
  const mallory = await User.logIn(t, hub, 'mallory');
  await assert.rejects(set(mallory, message, 'a', '1'), { code: 10007 });
  await assert.rejects(mallory.chat.getMessageExtensions(message), { code: 10007 });
  await assert.rejects(mallory.chat.getMessageList({ conversationID: `GROUP${groupID}` }), {
    code: 10007,
  });
  await assert.rejects(set(alice, message, 'a', ''), { code: 10004 });
  await assert.rejects(set(alice, message, 'k'.repeat(101), '1'), { code: 10004 });
  await assert.rejects(
    set(alice, { ...message, ID: message.ID.replace(/\d+$/, '999') }, 'a', '1'),
    { code: 23004 },
  );
  const plain = await send(alice, groupID, { isSupportExtension: false });
  assert.throws(() => set(alice, plain, 'a', '1'), /isSupportExtension/);
  await assert.rejects(set(alice, { ...plain, isSupportExtension: true }, 'a', '1'), {
    code: 23002,
  });
  await assert.rejects(mallory.chat.joinGroup({ groupID: 'nowhere' }), { code: 10010 });
  await assert.rejects(alice.chat.sendMessage({ ...message }), { code: 2105 });
  const draft = mallory.chat.createTextMessage({
    to: groupID,
    conversationType: TYPES.CONV_GROUP,
    payload: { text: 'spam' },
  });
  await assert.rejects(
    mallory.chat.sendMessage(draft),
    (error) => error.code === 10007 && error.data.message === draft,
  );
  assert.equal(draft.status, 'fail');
});

test('an app admin acts anywhere and names no Seq', { timeout }, async (t) => {
  const { alice, message } = await poll(t, hub);
  await set(alice, message, 'a', 'hers');
  const admin = await User.logIn(t, hub, 'admin', { userSig: sign('admin', 60) });
  assert.deepEqual(codes(await set(admin, message, 'a', 'reset')), [0]);
  await alice.waitForPair(message.ID, 'a', 'reset');
});

test('groups: made, joined, invited to, left, dismissed', { timeout }, async (t) => {
  const [alice, bob, carol] = await Promise.all(
    ['alice', 'bob', 'carol'].map((name) => User.logIn(t, hub, name)),
  );
  const { data } = await alice.chat.createGroup({
    name: 'Friends',
    memberList: [{ userID: 'bob' }],
  });
  const { groupID } = data.group;
  assert.deepEqual(
    [data.group.type, data.group.name, data.group.ownerID],
    [TYPES.GRP_WORK, 'Friends', 'alice'],
  );
  await assert.rejects(carol.chat.joinGroup({ groupID }), { code: 10007 });
  const added = await bob.chat.addGroupMember({ groupID, userIDList: ['carol', 'alice'] });
  const { group, ...lists } = added.data;
  assert.equal(group.memberCount, 3);
  assert.deepEqual(lists, {
    successUserIDList: ['carol'],
    failureUserIDList: [],
    existedUserIDList: ['alice'],
    overLimitUserIDList: [],
  });
  assert.equal(
    (await carol.chat.joinGroup({ groupID })).data.status,
    TYPES.JOIN_STATUS_ALREADY_IN_GROUP,
  );
  const first = await carol.chat.getGroupMemberList({ groupID, count: 2 });
  const rest = await carol.chat.getGroupMemberList({
    groupID,
    count: 2,
    offset: first.data.offset,
  });
  assert.deepEqual(
    [...first.data.memberList, ...rest.data.memberList]
      .map(({ userID, role }) => [userID, role])
      .sort(),
    [
      ['alice', 'Owner'],
      ['bob', 'Member'],
      ['carol', 'Member'],
    ],
  );
  assert.equal(rest.data.offset, 0);
  const removed = await alice.chat.deleteGroupMember({ groupID, userIDList: ['carol'] });
  assert.deepEqual(removed.data.userIDList, ['carol']);
  assert.equal(removed.data.group.memberCount, 2);
  await assert.rejects(carol.chat.getGroupMemberList({ groupID }), { code: 10007 });
  assert.deepEqual((await bob.chat.quitGroup(groupID)).data, { groupID });
  assert.deepEqual((await alice.chat.dismissGroup(groupID)).data, { groupID });
  await assert.rejects(alice.chat.getGroupMemberList({ groupID }), { code: 10010 });
});

test('a conversation page by page, oldest first', { timeout }, async (t) => {
  const { alice, groupID, message } = await poll(t, hub);
  for (let i = 0; i < 20; i++) await send(alice, groupID);
  const list = (nextReqMessageID) =>
    alice.chat.getMessageList({ conversationID: `GROUP${groupID}`, nextReqMessageID });
  const { data: newest } = await list();
  const { data: oldest } = await list(newest.nextReqMessageID);
  const sequences = [...oldest.messageList, ...newest.messageList].map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    Array.from({ length: 21 }, (_, i) => i + 1),
  );
  assert.deepEqual(
    [newest.messageList.length, newest.isCompleted, oldest.isCompleted, oldest.nextReqMessageID],
    [15, false, true, ''],
  );
  assert.deepEqual((await list(null)).data, (await list()).data, 'as apps begin with');
  assert.equal(oldest.messageList[0], message, 'the same object as was sent');
});
