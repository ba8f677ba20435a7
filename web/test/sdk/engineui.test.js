// Tencent's own UI engine over our SDK, by forTencentUI: its list shows what was sent as sent.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket } from 'ws';
import { forTencentUI } from '../../hooks/tencentui.js';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { fetchUserSig, User } from './user.js';

const { EVENT, TYPES } = TencentCloudChat;
const timeout = 60_000;

let hub;
before(
  async () => {
    hub = await Hub.start();
  },
  { timeout: 300_000 },
);
after(() => hub.stop());

test(
  'what was just sent is sent in the list, and all that happens to it later is seen there',
  { timeout },
  async (t) => {
    for (const method of ['log', 'warn']) t.mock.method(console, method, () => {});
    const { StoreName, TUIChatEngine, TUIChatService, TUIConversationService, TUIStore } =
      await import('@tencentcloud/chat-uikit-engine');
    /** Resolves with the list of the open conversation when it fits. */
    const listed = (fits) =>
      new Promise((resolve) => {
        const look = (list) => list && fits(list) && resolve(list);
        TUIStore.watch(StoreName.CHAT, { messageList: look });
      });
    const { sdkAppID, userSig } = await fetchUserSig(hub, 'ann');
    const real = TencentCloudChat.create({ SDKAppID: sdkAppID, proxyServer: hub.url, WebSocket });
    t.after(() => real.destroy());
    const chat = forTencentUI(real);
    const bob = await User.logIn(t, hub, 'bob');
    const memberList = [{ userID: 'ann' }];
    await bob.chat.createGroup({
      groupID: 'club',
      name: 'Club',
      type: TYPES.GRP_PUBLIC,
      memberList,
    });
    await TUIChatEngine.login({ chat, SDKAppID: sdkAppID, userID: 'ann', userSig });
    await TUIConversationService.switchConversation('GROUPclub');

    const sent = listed(([one]) => one?.status === 'success');
    const { data } = await TUIChatService.sendCustomMessage({
      payload: { data: '{"businessID":"group_poll"}' },
      isSupportExtension: true,
    });
    const [model] = await sent;
    const [poll] = await bob.waitFor(EVENT.MESSAGE_RECEIVED);
    assert.equal(model.ID, data.message.ID, 'as it was before it was sent');
    assert.notEqual(model.ID, poll.ID);
    assert.equal(TUIStore.getMessageModel(model.ID), model);

    const voted = new Promise((resolve) => chat.once(EVENT.MESSAGE_EXTENSIONS_UPDATED, resolve));
    await bob.chat.setMessageExtensions(poll, [{ key: 'bob_0', value: '1' }]);
    assert.equal((await voted).data.messageID, model.ID, 'a vote finds its message');
    const mine = await model.setMessageExtensions([{ key: 'ann_0', value: '2' }]);
    assert.equal(mine.data.extensions[0].code, 0);
    await bob.waitForPair(poll.ID, 'ann_0', '2');
    const { extensions } = (await model.getMessageExtensions()).data;
    assert.deepEqual(
      extensions.map(({ key, value }) => key + value),
      ['bob_01', 'ann_02'],
    );

    await TUIConversationService.switchConversation('');
    const again = listed(([one]) => one?.ID === model.ID && one.status === 'success');
    await TUIConversationService.switchConversation('GROUPclub');
    const [reopened] = await again;
    const revoked = listed(([one]) => one?.isRevoked);
    await reopened.revokeMessage();
    await revoked;
    await bob.waitFor(EVENT.MESSAGE_REVOKED);

    assert.equal(real.findMessage(poll.ID).ID, poll.ID, 'to all others it has the ID of the hub');
    assert.equal(chat.findMessage(model.ID).ID, model.ID);
    assert.equal(chat.findMessage(poll.ID).ID, model.ID);
    assert.equal(chat.findMessage('g.club.77'), null);
    await TUIChatEngine.logout();
  },
);

test('a handler that was taken back hears nothing', { timeout }, async (t) => {
  const ann = await User.logIn(t, hub, 'ann');
  const chat = forTencentUI(ann.chat);
  const heard = [];
  const handler = ({ data: [{ nick }] }) => heard.push(nick);
  const changed = async (nick) => {
    await chat.updateMyProfile({ nick });
    await ann.waitFor(EVENT.PROFILE_UPDATED, ([profile]) => profile.nick === nick);
  };
  chat.on(EVENT.PROFILE_UPDATED, handler);
  await changed('one');
  chat.off(EVENT.PROFILE_UPDATED, handler);
  await changed('two');
  assert.deepEqual(heard, ['one']);
  assert.throws(() => chat.on(EVENT.PROFILE_UPDATED), /handler must be a function/);
});

test('what a handler held is free once it is taken back', { timeout }, async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const ann = await User.logIn(t, hub, 'ann');
  const chat = forTencentUI(ann.chat);
  const mount = () => {
    const component = { handler: () => component };
    chat.on(EVENT.PROFILE_UPDATED, component.handler);
    chat.off(EVENT.PROFILE_UPDATED, component.handler);
    return new WeakRef(component);
  };
  const gone = mount();
  await new Promise(setImmediate); // a WeakRef keeps its target until the end of the job
  collect();
  assert.equal(gone.deref(), undefined);
});

test(
  'a message that could not be sent stays a draft, and is one message in the end',
  { timeout },
  async (t) => {
    const ann = await User.logIn(t, hub, 'ann');
    const chat = forTencentUI(ann.chat);
    const to = { conversationType: TYPES.CONV_GROUP, payload: { text: 'hi' } };
    const lost = chat.createTextMessage({ ...to, to: 'nowhere' });
    const { ID } = lost;
    await assert.rejects(chat.sendMessage(lost), (error) => error.data.message.ID === ID);
    assert.equal(lost.status, 'fail');
    await chat.createGroup({ groupID: 'nowhere', name: 'Now here', type: TYPES.GRP_PUBLIC });
    const { message } = (await chat.resendMessage(lost)).data;
    assert.deepEqual([message.ID, message.status], [ID, 'success']);
  },
);
