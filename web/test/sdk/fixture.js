// What tests on a real hub begin with: Alice and Bob in a group, with a message.
import tls from 'tls-sig-api-v2';
import TencentCloudChat from '../../sdk/index.js';
import { User } from './user.js';

const { EVENT, TYPES } = TencentCloudChat;
export const secretKey = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';

export const pairs = async (user, message) =>
  new Map(
    (await user.chat.getMessageExtensions(message)).data.extensions.map(({ key, value }) => [
      key,
      value,
    ]),
  );
export const sign = (userID, seconds, key = secretKey) =>
  new tls.Api(1400000000, key).genSig(userID, seconds);
export const codes = ({ data }) => data.extensions.map(({ code }) => code);
export const set = (user, message, key, value) =>
  user.chat.setMessageExtensions(message, [{ key, value }]);

let groups = 0;
/** Makes a group of Alice's, which the others join. */
async function gather([alice, ...others]) {
  const groupID = `group-${++groups}`;
  await alice.chat.createGroup({ groupID, name: 'Test', type: TYPES.GRP_PUBLIC });
  for (const user of others) await user.chat.joinGroup({ groupID });
  return groupID;
}

export async function send(user, groupID, options = {}) {
  const message = user.chat.createCustomMessage({
    to: groupID,
    conversationType: TYPES.CONV_GROUP,
    payload: { data: '{"title":"Lunch?"}' },
    isSupportExtension: true,
    ...options,
  });
  return (await user.chat.sendMessage(message)).data.message;
}

/**
 * Logs Alice and Bob in, makes them a group and a message. Bob may use a proxy to the hub, and a
 * socket of his own.
 */
export async function poll(t, hub, { proxy, WebSocket } = {}) {
  const alice = await User.logIn(t, hub, 'alice');
  const bob = await User.logIn(t, hub, 'bob', { url: proxy?.url, WebSocket });
  const groupID = await gather([alice, bob]);
  const message = await send(alice, groupID);
  const [copy] = await bob.waitFor(EVENT.MESSAGE_RECEIVED, ([{ ID }]) => ID === message.ID);
  return { alice, bob, groupID, message, copy };
}
