// Messages that are taken back, on a real hub.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { pairs, poll, secretKey, send, set } from './fixture.js';
import { User } from './user.js';
import { TcpProxy } from './proxy.js';

const { EVENT, TYPES } = TencentCloudChat;
const { MESSAGE_RECEIVED, MESSAGE_REVOKED } = EVENT;
const timeout = 60_000;

let hub;
before(
  async () => {
    hub = await Hub.start('--secret-key', secretKey, '--message-rate', '0');
  },
  { timeout: 300_000 },
);
after(() => hub.stop());

const revokedIDs = (user) =>
  user.eventsOf(MESSAGE_REVOKED).flatMap((list) => list.map(({ ID }) => ID));
const hears = (user, { ID }) =>
  user.waitFor(MESSAGE_REVOKED, (list) => list.some((one) => one.ID === ID));

async function say(user, groupID, text) {
  const message = user.chat.createTextMessage({
    to: groupID,
    conversationType: TYPES.CONV_GROUP,
    payload: { text },
  });
  return (await user.chat.sendMessage(message)).data.message;
}

test(
  'who is there hears once that a message is gone, and its object says so',
  { timeout },
  async (t) => {
    const { alice, bob, groupID, message, copy } = await poll(t, hub);
    await set(alice, message, 'k', 'v');
    await bob.waitForPair(message.ID, 'k', 'v');
    const { code, data } = await alice.chat.revokeMessage(message);
    assert.deepEqual([code, data.message], [0, message]);
    for (const [user, held] of [
      [alice, message],
      [bob, copy],
    ]) {
      await hears(user, message);
      assert.equal(user.chat.findMessage(message.ID), held);
      assert.deepEqual(
        [held.isRevoked, held.revoker, held.revokerInfo.userID, held.payload],
        [true, 'alice', 'alice', {}],
      );
      await assert.rejects(set(user, held, 'k', 'again'), { code: 20023 });
      await assert.rejects(pairs(user, held), { code: 20023 });
    }
    // Again, by somebody who may not: nothing comes of either.
    assert.equal((await alice.chat.revokeMessage(message)).data.message.revoker, 'alice');
    const other = await send(alice, groupID);
    await bob.waitFor(MESSAGE_RECEIVED, ([{ ID }]) => ID === other.ID);
    await assert.rejects(bob.chat.revokeMessage(other), { code: 10007 });
    assert.throws(
      () =>
        alice.chat.revokeMessage(
          alice.chat.createTextMessage({
            to: groupID,
            conversationType: TYPES.CONV_GROUP,
            payload: { text: 'not sent' },
          }),
        ),
      /message\.status/,
    );
    for (const user of [alice, bob]) assert.deepEqual(revokedIDs(user), [message.ID]);
  },
);

test('who comes later finds what was taken back without its content', { timeout }, async (t) => {
  const { alice, groupID, message } = await poll(t, hub);
  await alice.chat.revokeMessage(message);
  const cy = await User.logIn(t, hub, 'cy');
  await cy.chat.joinGroup({ groupID });
  const { messageList } = (await cy.chat.getMessageList({ conversationID: `GROUP${groupID}` }))
    .data;
  assert.deepEqual(
    messageList.map(({ ID, isRevoked, payload, revoker }) => ({ ID, isRevoked, payload, revoker })),
    [{ ID: message.ID, isRevoked: true, payload: {}, revoker: 'alice' }],
  );
});

test(
  'who was away hears of each once: with pairs, old and without, and one that they never saw',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { alice, bob, groupID, message, copy } = await poll(t, hub, { proxy });
    const [old, stays] = [await say(alice, groupID, 'old'), await say(alice, groupID, 'stays')];
    for (let i = 0; i < 20; i++) await send(alice, groupID);
    await bob.waitFor(MESSAGE_RECEIVED, ([{ sequence }]) => sequence === 23);
    await set(alice, message, 'k', 'v');
    await bob.waitForPair(message.ID, 'k', 'v');
    bob.clearEvents();
    proxy.cut();
    await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    const [never, fresh] = [await say(alice, groupID, 'never'), await say(alice, groupID, 'fresh')];
    for (const one of [message, old, never]) await alice.chat.revokeMessage(one);
    proxy.restore();
    for (const one of [message, old, never]) await hears(bob, one);
    assert.deepEqual(
      bob.eventsOf(MESSAGE_RECEIVED).map((list) => list.map(({ ID }) => ID)),
      [[fresh.ID]],
    );
    assert.deepEqual(revokedIDs(bob).sort(), [message.ID, old.ID, never.ID].sort());
    assert.deepEqual([copy.isRevoked, bob.chat.findMessage(old.ID).payload], [true, {}]);
    assert.equal(bob.chat.findMessage(stays.ID).payload.text, 'stays');
    assert.deepEqual(bob.eventsOf(EVENT.MESSAGE_EXTENSIONS_DELETED), []);
  },
);

test(
  'a message with pairs that no page shows any more is found revoked',
  { timeout },
  async (t) => {
    const proxy = await TcpProxy.open(t, hub);
    const { alice, bob, groupID, message, copy } = await poll(t, hub, { proxy });
    await set(alice, message, 'k', 'v');
    await bob.waitForPair(message.ID, 'k', 'v');
    proxy.cut();
    await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    for (let i = 0; i < 310; i++) await say(alice, groupID, 'much');
    await alice.chat.revokeMessage(message);
    proxy.restore();
    await hears(bob, message);
    assert.deepEqual([copy.isRevoked, copy.revoker, copy.payload], [true, 'alice', {}]);
  },
);
