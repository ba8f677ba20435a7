// The golden frames bind both languages: the hub's tests show that it takes these requests and
// sends these answers; here the SDK makes the same requests and understands the same answers.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { TencentChat } from '../../sdk/tencent.js';
import { CODES } from '../../sdk/codes.js';
import { decode, isNotification } from '../../sdk/frames.js';
import { EVENT } from '../../sdk/names.js';
import { Clock } from './clock.js';
import { FakeHub } from './fakehub.js';

const brief = { timeout: 10_000 };

const directory = new URL('../../../hub/testdata/frames/', import.meta.url);
/** What the SDK never asks for. */
const OTHERS = ['setMessageExtensions.atomic.json'];
const names = (await readdir(directory)).filter(
  (name) => name.endsWith('.json') && !OTHERS.includes(name),
);
const frames = await Promise.all(
  names.map(async (name) => JSON.parse(await readFile(new URL(name, directory), 'utf8'))),
);
const messageOf = (ID) => ({ ID, status: 'success', isSupportExtension: true });

/** The call of an app that sends each request. */
const CALLS = {
  logout: (chat) => chat.logout(),
  sendMessage(chat, { random, clientSequence, payload, type, ...options }) {
    const draft = { TIMTextElem: 'createTextMessage', TIMCustomElem: 'createCustomMessage' }[type];
    const made = chat[draft]({ payload, ...options });
    if (random !== undefined) made.random = random;
    if (clientSequence !== undefined) made.clientSequence = clientSequence;
    return chat.sendMessage(made);
  },
  getMessageList: (chat, params) => chat.getMessageList(params),
  revokeMessage: (chat, { messageID }) => chat.revokeMessage(messageOf(messageID)),
  setMessageExtensions: (chat, { messageID, extensions }) =>
    chat.setMessageExtensions(
      messageOf(messageID),
      extensions.map(({ key, value }) => ({ key, value })),
    ),
  getMessageExtensions: (chat, { messageID }) => chat.getMessageExtensions(messageOf(messageID)),
  deleteMessageExtensions: (chat, { messageID, extensions }) =>
    chat.deleteMessageExtensions(
      messageOf(messageID),
      extensions?.map(({ key }) => key),
    ),
  getMessageExtensionSummary: (chat, { messageID }) =>
    chat.getMessageExtensionSummary(messageOf(messageID)),
  closeMessageExtensions: (chat, { messageID, ...options }) =>
    chat.closeMessageExtensions(messageOf(messageID), options),
  createGroup: (chat, params) => chat.createGroup(params),
  joinGroup: (chat, params) => chat.joinGroup(params),
  quitGroup: (chat, { groupID }) => chat.quitGroup(groupID),
  dismissGroup: (chat, { groupID }) => chat.dismissGroup(groupID),
  getGroupMemberList: (chat, params) => chat.getGroupMemberList(params),
  getGroupList: (chat) => chat.getGroupList(),
  getGroupProfile: (chat, params) => chat.getGroupProfile(params),
  getUserProfile: (chat, params) => chat.getUserProfile(params),
  updateMyProfile: (chat, params) => chat.updateMyProfile(params),
  getConversationList: (chat) => chat.getConversationList(),
  setMessageRead: (chat, { messageID }) =>
    chat.setMessageRead({ conversationID: `GROUP${messageID.split('.')[1]}` }),
  addGroupMember: (chat, params) => chat.addGroupMember(params),
  deleteGroupMember: (chat, params) => chat.deleteGroupMember(params),
};

/** The result that the manual promises for each answer of the hub. */
const RESULTS = {
  logout: () => ({}),
  sendMessage: ({ message }, data) => ({ message: { ...data.message, ...message } }),
  revokeMessage: ({ message }, data) => ({ message: { ...data.message, ...message } }),
  getMessageList: ({ messageList, ...rest }, data) => ({
    messageList: messageList.map((one, i) => ({ ...data.messageList[i], ...one })),
    ...rest,
  }),
  setMessageExtensions: ({ extensions }) => ({
    extensions: extensions.map(({ code, key, value }) => ({ code, key, value })),
  }),
  getMessageExtensions: ({ extensions }) => ({
    extensions: extensions
      .filter(({ value }) => value !== '')
      .map(({ key, value }) => ({ key, value })),
  }),
  deleteMessageExtensions: ({ extensions }) => ({
    extensions: extensions.map(({ code, key, value }) => ({ code, key, value })),
  }),
  getGroupList: ({ groupList }, data) => ({
    groupList: groupList.map((one, i) => ownGroup(one, data.groupList[i])),
  }),
  getGroupProfile: ({ group }, data) => ({ group: ownGroup(group, data.group) }),
  getUserProfile: ({ profileList }, data) => profileList.map((one, i) => ({ ...data[i], ...one })),
  updateMyProfile: ({ profile }, data) => ({ ...data, ...profile }),
  getConversationList: ({ conversationList }, data) => ({
    conversationList: conversationList.map((one, i) => ({
      ...data.conversationList[i],
      conversationID: one.conversationID,
      type: one.type,
      unreadCount: one.lastSequence - one.readSequence,
    })),
    isSyncCompleted: true,
  }),
  setMessageRead: () => ({ conversationID: 'GROUPclub' }),
  createGroup: ({ group }, data) => ({ ...described({ group }, data), overLimitUserIDList: [] }),
  addGroupMember: (result, data) => described(result, data),
  deleteGroupMember: (result, data) => described(result, data),
  getGroupMemberList: ({ memberList, offset }) => ({
    memberList: memberList.map((one) => ({
      ...one,
      nameCard: '',
      muteUntil: 0,
      memberCustomField: [],
    })),
    offset,
  }),
};

/** The result with the group, as getGroupProfile has it. */
function described(result, data) {
  assert.equal(data.group.selfInfo.role, 'Member');
  assert.equal(data.group.memberCount, 3);
  return { ...data, ...result, group: { ...data.group, ...result.group } };
}

/** A group as the manual has it: what the user is in it has a place of its own. */
const ownGroup = ({ role, joinTime, ...group }, shown) => ({
  ...shown,
  ...group,
  selfInfo: { ...shown.selfInfo, role, joinTime },
});

/** What the hub answers to what is asked about before the call of a frame, and after it. */
const BESIDES = {
  getGroupProfile: () => frames.find(({ name }) => name === 'getGroupProfile').response.result,
  getUserProfile: ({ userIDList }) => ({
    profileList: userIDList.map((userID) => ({ userID, nick: '', avatar: '' })),
  }),
  getConversationList: () => ({
    conversationList: [
      {
        conversationID: 'GROUPclub',
        type: 'GROUP',
        lastMessage: { ID: 'g.club.1', type: 'TIMTextElem', payload: { text: 'Hello' } },
        lastSequence: 1,
        readSequence: 0,
        group: { groupID: 'club', type: 'Public' },
      },
    ],
    nextCursor: '',
    isCompleted: true,
  }),
};

/** The event that the manual promises for each notification. */
const EVENTS = {
  MESSAGE_RECEIVED: ({ messages }, data) => messages.map((one, i) => ({ ...data[i], ...one })),
  MESSAGE_REVOKED: ({ messages }, data) => messages.map((one, i) => ({ ...data[i], ...one })),
  MESSAGE_EXTENSIONS_UPDATED: ({ messageID, extensions }) => ({
    messageID,
    extensions: extensions.map(({ key, value }) => ({ key, value })),
  }),
  MESSAGE_EXTENSIONS_DELETED: ({ messageID, keyList }) => ({ messageID, keyList }),
  MESSAGE_EXTENSIONS_SUMMARY: (params) => params,
  MESSAGE_EXTENSIONS_CLOSED: (params) => params,
  GROUP_JOINED: ({ groupID }) => ({ groupID }),
  GROUP_LEFT: ({ groupID, reason }) => ({ groupID, reason }),
  PROFILE_UPDATED: ({ profile }, data) => [{ ...data[0], ...profile }],
  KICKED_OUT: ({ type }) => ({ type }),
};

/** The whole overwritten by the part: the same if it contains the part. The SDK adds defaults. */
function within(part, whole) {
  if (typeof part !== 'object' || Array.isArray(part)) return part;
  return {
    ...whole,
    ...Object.fromEntries(
      Object.entries(part).map(([name, value]) => [name, within(value, whole?.[name])]),
    ),
  };
}

async function start(t, sdkAppID = 1, userID = 'alice', userSig = 'sig') {
  const hub = await FakeHub.open(t);
  Object.assign(hub.answers, BESIDES);
  const clock = new Clock();
  const chat = new TencentChat(
    sdkAppID,
    {
      url: hub.url,
      WebSocket,
      clock,
      random: () => 0,
      onWake: () => () => {},
      later: (run) => setImmediate(() => run()),
    },
    () => {},
  );
  t.after(() => chat.destroy());
  const login = chat.login({ userID, userSig });
  const connection = await hub.connection();
  const request = await connection.request();
  return { hub, clock, chat, connection, login, request };
}

/** Tells the SDK what somebody who sends this request knows. */
async function prepare({ chat, connection }, method, { messageID, startSeq = 0, extensions = [] }) {
  for (const { key, seq } of extensions) {
    if (!seq) continue;
    connection.notify([
      'MESSAGE_EXTENSIONS_UPDATED',
      { messageID, extensions: [{ key, value: 'as seen', seq }], latestSeq: seq },
    ]);
    await new Promise((resolve) => chat.once(EVENT.MESSAGE_EXTENSIONS_UPDATED, resolve));
  }
  if (method !== 'getMessageExtensions' || startSeq === 0) return;
  const read = chat.getMessageExtensions(messageOf(messageID));
  const page = {
    extensions: [],
    latestSeq: startSeq - 1,
    clearSeq: 0,
    purgedSeq: 0,
    completeFlag: 1,
  };
  connection.answer(await connection.request(), page);
  await read;
}

test('there are frames for every method and notification', () => {
  const seen = frames.map(({ request, notification }) => (request ?? notification)?.method);
  for (const method of ['login', 'ping', ...Object.keys(CALLS), ...Object.keys(EVENTS)])
    assert.ok(seen.includes(method), method);
});

for (const { name, request, response, notification } of frames) {
  if (notification?.method === 'CONVERSATION_READ') {
    test(`${name}: the list of conversations has it`, brief, async (t) => {
      const { chat, connection, login, clock } = await start(t);
      await login;
      const [conversation] = (await chat.getConversationList()).data.conversationList;
      assert.equal(conversation.unreadCount, 1);
      const heard = new Promise((resolve) => chat.once(EVENT.CONVERSATION_LIST_UPDATED, resolve));
      const asleep = clock.nextTimer();
      connection.send(notification);
      await asleep;
      clock.advance(200);
      const { data } = await heard;
      assert.equal(data[0].unreadCount, 0);
    });
  } else if (notification) {
    test(`${name}: heard as the manual says`, brief, async (t) => {
      const { chat, connection, login } = await start(t);
      await login;
      const { method, params } = notification;
      assert.ok(isNotification(decode(JSON.stringify(notification))[0]));
      const heard = new Promise((resolve) => chat.once(EVENT[method], resolve));
      connection.send(notification);
      const { data } = await heard;
      assert.deepEqual(
        JSON.parse(JSON.stringify(data)),
        JSON.parse(JSON.stringify(EVENTS[method](params, data))),
      );
    });
  }
  if (response?.error) {
    test(`${name}: an error with its code, which has a meaning`, brief, async (t) => {
      const { chat, connection, login } = await start(t);
      await login;
      const call = assert.rejects(chat.joinGroup({ groupID: 'demo' }), {
        code: response.error.code,
        message: response.error.message,
      });
      connection.answer(await connection.request(), response.error);
      await call;
      assert.ok(CODES[response.error.code], `${response.error.code}`);
    });
  }
  if (response?.result && request?.method === 'login') {
    test(`${name}: sent and understood`, brief, async (t) => {
      const { sdkAppID, userID, userSig } = request.params;
      const { login, request: sent } = await start(t, sdkAppID, userID, userSig);
      assert.deepEqual(sent.params, { ...request.params, batch: true });
      assert.equal((await login).code, 0);
      assert.deepEqual(Object.keys(response.result).sort(), [
        'admin',
        'epoch',
        'heartbeatInterval',
        'limits',
        'position',
        'sessionID',
        'time',
        'userID',
      ]);
    });
  } else if (response?.result && request?.method === 'ping') {
    test(`${name}: sent and understood`, brief, async (t) => {
      const { clock, hub, connection, login } = await start(t);
      await login;
      delete hub.answers.ping;
      clock.advance(30_000);
      const sent = await connection.request();
      assert.deepEqual([sent.method, sent.params], [request.method, request.params ?? {}]);
    });
  } else if (response?.result) {
    test(`${name}: sent and understood`, brief, async (t) => {
      const context = await start(t);
      const { chat, hub, connection, login } = context;
      await login;
      const { method, params = {} } = request;
      delete hub.answers[method];
      await prepare(context, method, params);
      const call = CALLS[method](chat, params);
      const sent = await connection.request();
      assert.equal(sent.method, method);
      assert.deepEqual(sent.params, within(params, sent.params));
      connection.answer(sent, response.result);
      const { code, data } = await call;
      const promised = RESULTS[method]?.(response.result, data) ?? response.result;
      assert.deepEqual(
        [code, JSON.parse(JSON.stringify(data))],
        [0, JSON.parse(JSON.stringify(promised))],
      );
    });
  }
}
