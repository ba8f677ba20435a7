import { Stranger } from './stranger.js';
import { fetchUserSig } from './ticket.js';

/** Who makes what is there for everybody: whoever sends a message could close it. */
const HOST = 'host';
const TAKEN = [10021, 10025]; // somebody else has made the group, or this host has

/**
 * Makes a group that everybody may join, with a first message that takes answers by rules. Two
 * windows that do so at once make two messages, of which everybody reads the first: so there is one
 * when this resolves.
 */
export async function foundGroup(groupID, { data, rules }) {
  const host = await Stranger.logIn(await fetchUserSig(HOST));
  try {
    await host.call('createGroup', { groupID, name: groupID, type: 'Public' }).catch((error) => {
      if (!TAKEN.includes(error.code)) throw error;
    });
    await host.call('sendMessage', {
      to: groupID,
      conversationType: 'GROUP',
      type: 'TIMCustomElem',
      payload: { data, description: '', extension: '' },
      isSupportExtension: true,
      extensionRules: rules,
      random: Math.floor(Math.random() * 100_000_000),
    });
  } finally {
    host.leave();
  }
}
