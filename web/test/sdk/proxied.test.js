// Frameworks put everything that an app holds into proxies, the chat and its messages too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { reactive } from '@vue/reactivity';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { codes, pairs, secretKey, set } from './fixture.js';
import { User } from './user.js';

const { EVENT, TYPES } = TencentCloudChat;
const timeout = 60_000;

let hub;
before(async () => (hub = await Hub.start('--secret-key', secretKey)), { timeout: 300_000 });
after(() => hub.stop());

/** A proxy that shows nothing as it is: every object behind it is another one. */
const strict = (target) =>
  new Proxy(target, {
    get(of, name, receiver) {
      const value = Reflect.get(of, name, receiver);
      return typeof value === 'object' && value !== null ? strict(value) : value;
    },
  });

for (const [where, wrap] of Object.entries({
  "Vue's reactive": reactive,
  'a proxy that wraps all': strict,
})) {
  test(`the whole works inside ${where}`, { timeout }, async (t) => {
    const alice = await User.logIn(t, hub, 'alice');
    const state = wrap({ chat: alice.chat, message: null });
    const { chat } = state;
    assert.equal(chat.isReady(), true);
    const heard = [];
    chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data }) => heard.push(data.messageID));
    const { group } = (await chat.createGroup({ name: where })).data;
    state.message = chat.createCustomMessage({
      to: group.groupID,
      conversationType: TYPES.CONV_GROUP,
      payload: { data: '{}' },
      isSupportExtension: true,
    });
    const { data } = await chat.sendMessage(state.message);
    assert.equal(state.message.status, 'success', 'the proxy sees what the SDK writes');
    assert.equal(chat.findMessage(data.message.ID).ID, state.message.ID);
    assert.deepEqual(codes(await set({ chat }, state.message, 'a', '1')), [0]);
    await alice.waitForPair(state.message.ID, 'a', '1');
    assert.deepEqual(heard, [state.message.ID]);
    assert.deepEqual(await pairs({ chat }, state.message), new Map([['a', '1']]));
    const { messageList } = (await chat.getMessageList({ conversationID: `GROUP${group.groupID}` }))
      .data;
    assert.equal(messageList.length, 1);
    await chat.deleteMessageExtensions(state.message, ['a']);
    await chat.logout();
    assert.equal(chat.isReady(), false);
  });
}

test('a method may be taken off the chat', { timeout }, async (t) => {
  const { chat } = await User.logIn(t, hub, 'alice');
  const { isReady, getLoginUser, logout } = chat;
  assert.deepEqual([isReady(), getLoginUser()], [true, 'alice']);
  await logout();
});
