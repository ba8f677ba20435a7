// Conversations, groups and profiles, on a real hub.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { secretKey } from './fixture.js';
import { TcpProxy } from './proxy.js';
import { User } from './user.js';

const { EVENT, TYPES } = TencentCloudChat;
const { CONVERSATION_LIST_UPDATED, GROUP_LIST_UPDATED } = EVENT;
const timeout = 60_000;

let hub;
before(
  async () => {
    hub = await Hub.start('--secret-key', secretKey);
  },
  { timeout: 300_000 },
);
after(() => hub.stop());

const say = async (user, conversationID, text) => {
  const conversationType = conversationID.startsWith('GROUP') ? 'GROUP' : 'C2C';
  const to = conversationID.slice(conversationType.length);
  const message = user.chat.createTextMessage({ to, conversationType, payload: { text } });
  return (await user.chat.sendMessage(message)).data.message;
};

/** What a list says: the conversations, how many are unread, and their last texts. */
const described = (list) =>
  list.map((one) => `${one.conversationID} ${one.unreadCount} ${one.lastMessage.messageForShow}`);

const list = async (user, options) =>
  described((await user.chat.getConversationList(options)).data.conversationList);

const told = (user, want) =>
  user.waitFor(
    CONVERSATION_LIST_UPDATED,
    (data) => JSON.stringify(described(data)) === JSON.stringify(want),
  );

test(
  'conversations with their last message and what is unread, kept current',
  { timeout },
  async (t) => {
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((id) => User.logIn(t, hub, id)));
    await ann.chat.updateMyProfile({ nick: 'Анна', avatar: 'https://example.org/a.png' });
    const memberList = [{ userID: 'bob' }];
    await ann.chat.createGroup({
      groupID: 'club',
      name: 'Club',
      type: TYPES.GRP_PUBLIC,
      memberList,
    });
    await say(ann, 'GROUPclub', 'one');
    await say(ann, 'GROUPclub', 'two');
    await told(bob, ['GROUPclub 2 two']);
    await say(ann, 'C2Cbob', 'hello');
    await told(bob, ['C2Cann 1 hello', 'GROUPclub 2 two']);
    const { data } = await bob.chat.getConversationList();
    const [letters, club] = data.conversationList;
    assert.equal(letters.userProfile.nick, 'Анна');
    assert.equal(letters.lastMessage.nick, 'Анна');
    assert.equal(club.groupProfile.name, 'Club');
    assert.deepEqual(await list(bob, ['GROUPclub']), ['GROUPclub 2 two']);
    assert.deepEqual(await list(bob, { type: TYPES.CONV_C2C }), ['C2Cann 1 hello']);

    await bob.chat.setMessageRead({ conversationID: 'GROUPclub' });
    await told(bob, ['C2Cann 1 hello', 'GROUPclub 0 two']);
    await say(bob, 'GROUPclub', 'mine');
    await told(bob, ['GROUPclub 0 mine', 'C2Cann 1 hello']);
    const message = await say(ann, 'GROUPclub', 'secret');
    await told(bob, ['GROUPclub 1 secret', 'C2Cann 1 hello']);
    await ann.chat.revokeMessage(message);
    await bob.waitFor(CONVERSATION_LIST_UPDATED, ([first]) => first?.lastMessage.isRevoked);

    const again = await User.logIn(t, hub, 'bob');
    const kept = await list(again); // in any order: of a revoked message only the second is known
    assert.deepEqual(kept.sort(), ['C2Cann 1 hello', 'GROUPclub 1 '], 'the hub keeps it');
    await assert.rejects(again.chat.getConversationProfile('GROUPnone'), { code: 10010 });
    const fresh = (await again.chat.getConversationProfile('C2Cnew')).data.conversation;
    const { lastTime, fromAccount, payload } = fresh.lastMessage;
    assert.deepEqual(
      [fresh.unreadCount, fresh.userProfile.userID, lastTime, fromAccount, payload],
      [0, 'new', 0, '', null],
    );
  },
);

test('what came while there was no connection is in the list after it', { timeout }, async (t) => {
  const proxy = await TcpProxy.open(t, hub);
  const cy = await User.logIn(t, hub, 'cy');
  const dan = await User.logIn(t, hub, 'dan', { url: proxy.url });
  await say(cy, 'C2Cdan', 'one');
  await told(dan, ['C2Ccy 1 one']);
  proxy.cut();
  await dan.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
  await say(cy, 'C2Cdan', 'two');
  await say(cy, 'C2Cdan', 'three');
  proxy.restore();
  await told(dan, ['C2Ccy 3 three']);
});

test('groups, and who one is in them', { timeout }, async (t) => {
  const eve = await User.logIn(t, hub, 'eve');
  const { CONV_GROUP } = TYPES;
  await eve.chat.createGroup({ groupID: 'choir', name: 'Choir', type: TYPES.GRP_PUBLIC });
  await eve.waitFor(GROUP_LIST_UPDATED, ([group]) => group?.groupID === 'choir');
  const { group } = (await eve.chat.getGroupProfile({ groupID: 'choir' })).data;
  assert.deepEqual([group.name, group.memberCount, group.selfInfo.role], ['Choir', 1, 'Owner']);
  await say(eve, `${CONV_GROUP}choir`, 'la');
  await eve.waitFor(CONVERSATION_LIST_UPDATED, ([one]) => one?.conversationID === 'GROUPchoir');
  eve.clearEvents();
  await eve.chat.dismissGroup('choir');
  await eve.waitFor(GROUP_LIST_UPDATED, (groups) => groups.length === 0);
  await eve.waitFor(CONVERSATION_LIST_UPDATED, (conversations) => conversations.length === 0);
  assert.deepEqual((await eve.chat.getGroupList()).data.groupList, []);
});

test('a conversation of this moment says what it is with', { timeout }, async (t) => {
  const [mia, ned] = await Promise.all(['mia', 'ned'].map((id) => User.logIn(t, hub, id)));
  await list(ned);
  const memberList = [{ userID: 'ned' }];
  await mia.chat.createGroup({ groupID: 'new', name: 'New', type: TYPES.GRP_PUBLIC, memberList });
  for (const conversationID of ['GROUPnew', 'C2Cned']) await say(mia, conversationID, 'hello');
  await ned.waitFor(EVENT.MESSAGE_RECEIVED, ([one]) => one.conversationType === TYPES.CONV_C2C);
  const { conversationList } = (await ned.chat.getConversationList()).data;
  const [letters, group] = conversationList;
  assert.deepEqual([letters.userProfile.userID, group.groupProfile.name], ['mia', 'New']);
});

test('the last message has the data that the app gave it', { timeout }, async (t) => {
  const [oda, pia] = await Promise.all(['oda', 'pia'].map((id) => User.logIn(t, hub, id)));
  const message = oda.chat.createTextMessage({
    to: 'pia',
    conversationType: TYPES.CONV_C2C,
    payload: { text: 'hello' },
    cloudCustomData: '{"reply":1}',
  });
  await oda.chat.sendMessage(message);
  await pia.waitFor(EVENT.MESSAGE_RECEIVED);
  for (const user of [oda, pia, await User.logIn(t, hub, 'pia')]) {
    const [{ lastMessage }] = (await user.chat.getConversationList()).data.conversationList;
    assert.equal(lastMessage.cloudCustomData, '{"reply":1}', user.userID);
  }
});

test('a list has something to show of every message', { timeout }, async (t) => {
  const [quin, rita] = await Promise.all(['quin', 'rita'].map((id) => User.logIn(t, hub, id)));
  for (const [description, shown] of [
    ['', '[Custom Messages]'],
    ['Where to eat?', 'Where to eat?'],
  ]) {
    const message = quin.chat.createCustomMessage({
      to: 'rita',
      conversationType: TYPES.CONV_C2C,
      payload: { data: '{}', description },
    });
    await quin.chat.sendMessage(message);
    await rita.waitFor(EVENT.MESSAGE_RECEIVED, ([{ ID }]) => ID === message.ID);
    assert.deepEqual(await list(quin), [`C2Crita 0 ${shown}`]);
    assert.ok((await list(rita))[0].endsWith(` ${shown}`));
  }
});

test('what is said in an AVChatRoom is no conversation of a list', { timeout }, async (t) => {
  const [kim, leo] = await Promise.all(['kim', 'leo'].map((id) => User.logIn(t, hub, id)));
  await Promise.all([list(kim), list(leo)]);
  await kim.chat.createGroup({ groupID: 'live', name: 'Live', type: TYPES.GRP_AVCHATROOM });
  await leo.chat.joinGroup({ groupID: 'live' });
  for (const text of ['one', 'two']) await say(kim, 'GROUPlive', text);
  await leo.waitFor(EVENT.MESSAGE_RECEIVED, ([{ payload }]) => payload.text === 'two');
  assert.deepEqual(await list(leo), []);
  await say(kim, 'C2Cleo', 'hello');
  await told(kim, ['C2Cleo 0 hello']);
  await told(leo, ['C2Ckim 1 hello']);
});

test('a profile in any script, on messages and members', { timeout }, async (t) => {
  const [fay, gus] = await Promise.all(['fay', 'gus'].map((id) => User.logIn(t, hub, id)));
  assert.equal((await fay.chat.getMyProfile()).data.nick, '');
  await fay.chat.updateMyProfile({ nick: '小芳', gender: TYPES.GENDER_FEMALE });
  const [mine] = await fay.waitFor(EVENT.PROFILE_UPDATED);
  assert.deepEqual([mine.userID, mine.nick], ['fay', '小芳']);
  await fay.chat.createGroup({
    groupID: 'tea',
    name: 'Tea',
    type: TYPES.GRP_PUBLIC,
    memberList: [{ userID: 'gus' }],
  });
  const { memberList } = (await gus.chat.getGroupMemberList({ groupID: 'tea' })).data;
  assert.deepEqual(
    memberList.map(({ userID, nick }) => [userID, nick]),
    [
      ['fay', '小芳'],
      ['gus', ''],
    ],
  );
  const sent = await say(fay, 'GROUPtea', 'tea?');
  assert.equal(sent.nick, '小芳');
  const [received] = await gus.waitFor(EVENT.MESSAGE_RECEIVED);
  assert.equal(received.nick, '小芳');
  const profiles = (await gus.chat.getUserProfile({ userIDList: ['fay', 'nobody'] })).data;
  assert.deepEqual(
    profiles.map(({ nick }) => nick),
    ['小芳', ''],
  );
  assert.throws(() => gus.chat.updateMyProfile({ nick: 7 }), /nick must be a string/);
});

test(
  'what one session reads, and how it calls itself, the user is told in all sessions',
  { timeout },
  async (t) => {
    const hal = await User.logIn(t, hub, 'hal');
    const [phone, laptop] = [await User.logIn(t, hub, 'ida'), await User.logIn(t, hub, 'ida')];
    const memberList = [{ userID: 'ida' }];
    await hal.chat.createGroup({ groupID: 'duo', name: 'Duo', type: TYPES.GRP_PUBLIC, memberList });
    for (const conversationID of ['GROUPduo', 'C2Cida'])
      for (const text of ['one', 'two']) await say(hal, conversationID, text);
    const unread = ['C2Chal 2 two', 'GROUPduo 2 two'];
    for (const session of [phone, laptop]) await told(session, unread);

    laptop.clearEvents();
    await phone.chat.setMessageRead({ conversationID: 'GROUPduo' });
    await told(laptop, ['C2Chal 2 two', 'GROUPduo 0 two']);
    await phone.chat.setMessageRead({ conversationID: 'C2Chal' });
    await told(laptop, ['C2Chal 0 two', 'GROUPduo 0 two']);
    await say(hal, 'GROUPduo', 'three');
    for (const session of [phone, laptop])
      await told(session, ['GROUPduo 1 three', 'C2Chal 0 two']);
    await say(laptop, 'GROUPduo', 'mine'); // who writes has read
    await told(phone, ['GROUPduo 0 mine', 'C2Chal 0 two']);
    await say(hal, 'C2Cida', 'three');
    for (const session of [phone, laptop])
      await told(session, ['C2Chal 1 three', 'GROUPduo 0 mine']);

    // What comes right behind one's own message is not read.
    await say(laptop, 'GROUPduo', 'again');
    await say(hal, 'GROUPduo', 'four');
    for (const session of [phone, laptop])
      await told(session, ['GROUPduo 1 four', 'C2Chal 1 three']);
    const fresh = await User.logIn(t, hub, 'ida');
    await told(fresh, ['GROUPduo 1 four', 'C2Chal 1 three']); // once the laptop has said so
    assert.deepEqual(await list(fresh, ['GROUPduo']), ['GROUPduo 1 four']);

    await phone.chat.updateMyProfile({ nick: 'Ида' });
    for (const session of [phone, laptop]) {
      const [profile] = await session.waitFor(EVENT.PROFILE_UPDATED);
      assert.deepEqual([profile.userID, profile.nick], ['ida', 'Ида']);
      assert.equal(session.eventsOf(EVENT.PROFILE_UPDATED).length, 1);
    }
    assert.deepEqual(hal.eventsOf(EVENT.PROFILE_UPDATED), []);
  },
);
