// Guests of a real hub. To it each of their connections is new: what they have joined is the SDK's
// to remember.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { codes, pairs, secretKey, send, set } from './fixture.js';
import { TcpProxy } from './proxy.js';
import { User } from './user.js';

const { EVENT, TYPES } = TencentCloudChat;
const timeout = 60_000;

let hub;
before(async () => (hub = await Hub.start('--secret-key', secretKey, '--guests')), {
  timeout: 300_000,
});
after(() => hub.stop());

/** Logs a guest in. */
async function guestOf(t, options) {
  const ticket = await (await fetch(`${hub.url}/guest`, { method: 'POST' })).json();
  return User.logIn(t, hub, ticket.userID, { userSig: ticket.userSig, ...options });
}

/** Makes a group that is open to guests, and a poll in it. */
async function open(t, groupID) {
  const alice = await User.logIn(t, hub, 'alice');
  const options = { groupID, name: 'Test', type: TYPES.GRP_PUBLIC, guests: true };
  const { group } = (await alice.chat.createGroup(options)).data;
  assert.equal(group.guests, true);
  const message = await send(alice, groupID, { extensionRules: { write: 'own' } });
  return { alice, message };
}

test(
  'a guest whose connection broke hears what it missed, and what comes then',
  { timeout },
  async (t) => {
    const { alice, message } = await open(t, 'broken');
    const proxy = await TcpProxy.open(t, hub);
    const guest = await guestOf(t, { url: proxy.url });
    await guest.chat.joinGroup({ groupID: 'broken' });
    const page = await guest.chat.getMessageList({ conversationID: `${TYPES.CONV_GROUP}broken` });
    const [copy] = page.data.messageList;
    await pairs(guest, copy);
    assert.deepEqual(codes(await set(guest, copy, guest.userID, 'mine')), [0]);
    proxy.cut();
    await guest.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    await set(alice, message, 'alice', 'missed');
    guest.clearEvents();
    proxy.restore();
    await guest.waitForPair(message.ID, 'alice', 'missed');
    await set(alice, message, 'alice', 'live');
    await guest.waitForPair(message.ID, 'alice', 'live');
    assert.deepEqual(Object.fromEntries(await pairs(guest, copy)), {
      [guest.userID]: 'mine',
      alice: 'live',
    });
  },
);

test(
  'a group that is gone when a guest comes back is told by what is asked of it',
  { timeout },
  async (t) => {
    const { alice, message } = await open(t, 'gone');
    const proxy = await TcpProxy.open(t, hub);
    const guest = await guestOf(t, { url: proxy.url });
    await guest.chat.joinGroup({ groupID: 'gone' });
    await pairs(guest, message);
    proxy.cut();
    await guest.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
    await alice.chat.dismissGroup('gone');
    proxy.restore();
    await guest.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'connected');
    await assert.rejects(guest.chat.getMessageExtensions(message), { code: 10010 });
  },
);
