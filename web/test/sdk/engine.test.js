// Tencent's own UI engine, which their UIs for React and Vue are built on, over our SDK.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
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

/** Resolves when what the engine's store has under a name fits. */
const watch = (store, area, name, fits) =>
  new Promise((resolve) => {
    const look = (value) => fits(value) && resolve(value);
    store.watch(area, { [name]: look });
  });

test(
  'login settles, a conversation opens, a message with extensions is sent, a vote arrives',
  { timeout },
  async (t) => {
    for (const method of ['log', 'warn']) t.mock.method(console, method, () => {});
    const { StoreName, TUIChatEngine, TUIChatService, TUIConversationService, TUIStore } =
      await import('@tencentcloud/chat-uikit-engine');
    const { sdkAppID, userSig } = await fetchUserSig(hub, 'ann');
    const proxyServer = hub.url;
    const chat = TencentCloudChat.create({ SDKAppID: sdkAppID, proxyServer, WebSocket });
    t.after(() => chat.destroy());
    const bob = await User.logIn(t, hub, 'bob');
    await bob.chat.createGroup({
      groupID: 'club',
      name: 'Club',
      type: TYPES.GRP_PUBLIC,
      memberList: [{ userID: 'ann' }],
    });
    const hello = bob.chat.createTextMessage({
      to: 'club',
      conversationType: TYPES.CONV_GROUP,
      payload: { text: 'hello' },
    });
    await bob.chat.sendMessage(hello);

    const listed = watch(TUIStore, StoreName.CONV, 'conversationList', (all) => all?.length > 0);
    await TUIChatEngine.login({ chat, SDKAppID: sdkAppID, userID: 'ann', userSig });
    const [club] = await listed;
    assert.deepEqual([club.conversationID, club.unreadCount], ['GROUPclub', 1]);
    assert.equal(club.getShowName(), 'Club');

    const opened = await TUIConversationService.switchConversation('GROUPclub');
    assert.equal(opened.conversationID, 'GROUPclub');
    const read = watch(
      TUIStore,
      StoreName.CONV,
      'conversationList',
      (all) => all?.[0]?.unreadCount === 0,
    );
    const shown = watch(TUIStore, StoreName.CHAT, 'messageList', (all) => all?.length > 0);
    await TUIChatService.getMessageList();
    assert.equal((await shown)[0].payload.text, 'hello');
    await TUIConversationService.setMessageRead('GROUPclub');
    await read;

    const { data } = await TUIChatService.sendCustomMessage({
      payload: { data: '{"businessID":"group_poll"}' },
      isSupportExtension: true,
    });
    const [poll] = await bob.waitFor(EVENT.MESSAGE_RECEIVED);
    assert.equal(poll.ID, data.message.ID);
    const voted = new Promise((resolve) =>
      chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data: vote }) => resolve(vote)),
    );
    await bob.chat.setMessageExtensions(poll, [{ key: 'bob_0', value: '1' }]);
    assert.deepEqual(await voted, {
      messageID: poll.ID,
      extensions: [{ key: 'bob_0', value: '1' }],
    });
    // The engine finds messages by the ID that they had before they were sent, and ours is the
    // hub's from then on: so the message is taken from the conversation, opened anew.
    await TUIConversationService.switchConversation('');
    await TUIConversationService.switchConversation('GROUPclub');
    const again = watch(TUIStore, StoreName.CHAT, 'messageList', (all) => all?.length === 2);
    await TUIChatService.getMessageList();
    const [, model] = await again;
    assert.deepEqual([model.ID, model.status, model.flow], [poll.ID, 'success', 'out']);
    const { extensions } = (await model.getMessageExtensions()).data;
    assert.deepEqual(extensions, [{ key: 'bob_0', value: '1' }]);
    const mine = await model.setMessageExtensions([{ key: 'ann_0', value: '2' }]);
    assert.equal(mine.data.extensions[0].code, 0);
    await bob.waitForPair(poll.ID, 'ann_0', '2');
    await TUIChatEngine.logout();
  },
);
