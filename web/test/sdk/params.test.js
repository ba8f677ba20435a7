import assert from 'node:assert/strict';
import { test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Drafts } from '../../sdk/message.js';

class NoSocket {}
const make = (SDKAppID) =>
  TencentCloudChat.create({ SDKAppID, proxyServer: 'ws://127.0.0.1/ws', WebSocket: NoSocket });
const chat = make(1);
const sent = { ID: 'm', status: 'success', isSupportExtension: true };
const drafts = () => new Drafts('alice', new Date(2026, 0, 1, 9, 30, 15));

test('one chat per SDKAppID, until it is destroyed', async () => {
  const first = make(2);
  assert.equal(make(2), first);
  assert.notEqual(first, chat);
  let data;
  first.on(TencentCloudChat.EVENT.SDK_DESTROY, (event) => (data = event.data));
  await first.destroy();
  assert.deepEqual(data, { SDKAppID: 2 });
  assert.notEqual(make(2), first);
});

test('create needs a number', () => {
  assert.equal(make('1'), chat, 'as environment variables and forms have it');
  for (const SDKAppID of [undefined, null, '', 0, NaN, 'app', '1a'])
    assert.equal(TencentCloudChat.create({ SDKAppID }), null);
});

test('login says what is missing', async () => {
  await assert.rejects(chat.login(), { code: 2002 });
  await assert.rejects(chat.login({ userSig: 'x' }), { code: 2002 });
  await assert.rejects(chat.login({ userID: 'alice' }), { code: 2003 });
  await assert.rejects(chat.login({ userID: 'alice', userSig: 7 }), { code: 2003 });
});

test('before login there is nothing to call', async () => {
  assert.equal(chat.isReady(), false);
  assert.equal(chat.getLoginUser(), '');
  assert.equal(chat.findMessage('m'), null);
  assert.ok(Math.abs(chat.getServerTime() - Date.now() / 1000) < 2);
  assert.throws(
    () => chat.createTextMessage({ to: 'bob', conversationType: 'C2C', payload: { text: 'hi' } }),
    { code: 2999 },
  );
  await assert.rejects(chat.sendMessage({}), { code: 2999 });
  await assert.rejects(chat.getMessageExtensions(sent), { code: 2999 });
  assert.deepEqual(await chat.logout(), { code: 0, data: {} });
});

const twice = (value) => [value, value];
/** @type {[what: string, field: RegExp, call: () => unknown][]} */
const mistakes = [
  ['a message that is none', /message must be/, () => chat.getMessageExtensions({})],
  ['no message', /message must be/, () => chat.getMessageExtensions()],
  [
    'a message that was not sent',
    /message\.status/,
    () => chat.getMessageExtensions({ ...sent, status: 'unSend' }),
  ],
  [
    'a message without extensions',
    /message\.isSupportExtension/,
    () => chat.getMessageExtensions({ ...sent, isSupportExtension: false }),
  ],
  ['no pairs', /extensions/, () => chat.setMessageExtensions(sent)],
  ['an empty list of pairs', /extensions/, () => chat.setMessageExtensions(sent, [])],
  ['a pair without a key', /key/, () => chat.setMessageExtensions(sent, [{ value: '1' }])],
  [
    'a value that is no string',
    /"votes"/,
    () => chat.setMessageExtensions(sent, [{ key: 'votes', value: 1 }]),
  ],
  ['keys that are no array', /keyList/, () => chat.deleteMessageExtensions(sent, 'a')],
  ['a key that is no string', /keyList/, () => chat.deleteMessageExtensions(sent, [1])],
  ['a list without a conversation', /conversationID/, () => chat.getMessageList({})],
  [
    'a list of something else',
    /conversationID/,
    () => chat.getMessageList({ conversationID: '@TIM#SYSTEM' }),
  ],
  [
    'a count that is none',
    /count/,
    () => chat.getMessageList({ conversationID: 'GROUPx', count: 0 }),
  ],
  ['a group without a name', /name/, () => chat.createGroup({})],
  [
    'members that are no members',
    /memberList/,
    () => chat.createGroup({ name: 'x', memberList: twice('bob') }),
  ],
  ['no groupID to join', /groupID/, () => chat.joinGroup({})],
  ['no groupID to quit', /groupID/, () => chat.quitGroup()],
  ['no groupID to dismiss', /groupID/, () => chat.dismissGroup('')],
  [
    'an offset that is negative',
    /offset/,
    () => chat.getGroupMemberList({ groupID: 'x', offset: -1 }),
  ],
  ['nobody to add', /userIDList/, () => chat.addGroupMember({ groupID: 'x', userIDList: [] })],
  ['nobody to remove', /userIDList/, () => chat.deleteGroupMember({ groupID: 'x' })],
  ['an event without a name', /eventName/, () => chat.on(undefined, () => {})],
  ['an event without a handler', /handler/, () => chat.once('x')],
  [
    'a draft to nobody',
    /to must/,
    () => drafts().text({ conversationType: 'C2C', payload: { text: 'x' } }),
  ],
  [
    'a draft of no conversation',
    /conversationType/,
    () => drafts().text({ to: 'bob', payload: { text: 'x' } }),
  ],
  ['a draft of no payload', /payload/, () => drafts().text({ to: 'bob', conversationType: 'C2C' })],
  [
    'a draft without text',
    /payload\.text/,
    () => drafts().text({ to: 'bob', conversationType: 'C2C', payload: {} }),
  ],
  [
    'a draft of custom numbers',
    /payload\.data/,
    () => drafts().custom({ to: 'bob', conversationType: 'C2C', payload: { data: 1 } }),
  ],
];

for (const [what, field, call] of mistakes) {
  test(`throws in the caller's own stack: ${what}`, () => {
    assert.throws(
      call,
      (error) => error.message.startsWith('Params validate failed.') && field.test(error.message),
    );
  });
}

test('what may be left out may be null', () => {
  const { payload, cloudCustomData } = drafts().custom({
    to: 'bob',
    conversationType: 'C2C',
    payload: { data: '{}', description: null, extension: undefined },
    cloudCustomData: null,
  });
  assert.deepEqual(payload, { data: '{}', description: '', extension: '' });
  assert.equal(cloudCustomData, '');
});

test('a draft has the fields that an app reads', () => {
  const made = drafts();
  const message = made.custom({
    to: 'g',
    conversationType: 'GROUP',
    payload: { data: '{}' },
    isSupportExtension: 1,
  });
  assert.match(message.ID, /^alice-\d+-\d+$/);
  assert.deepEqual(
    [
      message.conversationID,
      message.flow,
      message.status,
      message.from,
      message.isSupportExtension,
      message.nick,
    ],
    ['GROUPg', 'out', 'unSend', 'alice', true, ''],
  );
  assert.deepEqual(message.payload, { data: '{}', description: '', extension: '' });
  const next = made.text({ to: 'bob', conversationType: 'C2C', payload: { text: 'hi' } });
  assert.equal(next.clientSequence, message.clientSequence + 1);
  assert.ok(next.clientSequence < 2 ** 32 && next.random < 2 ** 32);
});

test('handlers run in order, with their context, once if so asked, and one that throws harms nobody', async (t) => {
  const error = t.mock.method(console, 'error', () => {});
  const { SDK_DESTROY } = TencentCloudChat.EVENT;
  const local = make(4);
  const heard = [];
  const context = { name: 'mine' };
  local.on(
    SDK_DESTROY,
    function () {
      heard.push(this.name);
    },
    context,
  );
  local.on(SDK_DESTROY, () => {
    throw new Error('oops');
  });
  local.once(SDK_DESTROY, ({ name }) => heard.push(name));
  const gone = () => heard.push('never');
  local.on(SDK_DESTROY, gone);
  local.off(SDK_DESTROY, gone);
  await local.destroy();
  assert.deepEqual(heard, ['mine', SDK_DESTROY]);
  assert.equal(error.mock.callCount(), 1);
});
