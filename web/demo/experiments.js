// What one can do to a poll to see what the hub makes of it. poll is an <ext-poll> whose rules are
// those of pollMessage.

import { holdNews, releaseNews } from './line.js';
import { optionsOf } from './payload.js';
import { newVisitor } from './people.js';
import { Stranger } from './stranger.js';
import { fetchUserSig } from './ticket.js';

export const CROWD = 50;
const SPREAD_MS = 4_000; // over which they come

const idOf = (poll) => poll.getAttribute('message');
const messageOf = (poll) => poll.client?.findMessage(idOf(poll));

/** The states in which a poll takes votes. */
const OPEN = ['empty', 'open', 'pending', 'voted', 'conflict', 'offline'];

/** Whether a widget is a poll that can be experimented on. */
export const isOpenPoll = (widget) =>
  widget.localName === 'ext-poll' &&
  OPEN.includes(widget.state) &&
  messageOf(widget)?.extensionRules?.write === 'own';

/**
 * Lets people come and vote, each over a connection of their own. Resolves with how many have: some
 * may find the poll closed.
 */
export async function sendCrowd(poll) {
  const { to } = messageOf(poll);
  const choices = optionsOf(messageOf(poll)).length;
  const one = async () => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * SPREAD_MS));
    const ticket = await fetchUserSig(newVisitor());
    const stranger = await Stranger.logIn(ticket);
    try {
      await stranger.call('joinGroup', { groupID: to });
      // The first is liked best, so that there is something to see.
      const value = String(1 + Math.floor(choices * Math.random() ** 2));
      await setPair(stranger, idOf(poll), { key: ticket.userID, value, seq: 0 });
    } finally {
      stranger.leave();
    }
  };
  const votes = await Promise.allSettled(Array.from({ length: CROWD }, one));
  return votes.filter(({ status }) => status === 'fulfilled').length;
}

/**
 * Votes as this user over a second connection, and then here, before the news of it arrives: so
 * this page's vote names a Seq that is not the last, and the hub refuses it.
 */
export async function provokeConflict(poll) {
  const messageID = idOf(poll);
  const me = poll.client.getLoginUser();
  const other = await Stranger.logIn(await fetchUserSig(me));
  try {
    const { extensions } = await other.call('getMessageExtensions', { messageID });
    // Where names are hashes, one reads none but one's own pair.
    const { anonymous } = messageOf(poll).extensionRules;
    const mine = extensions.find(({ key }) => key === me || anonymous);
    const all = optionsOf(messageOf(poll)).map((_, at) => String(at + 1));
    const [there, ...rest] = all.filter((value) => value !== mine?.value);
    holdNews();
    await setPair(other, messageID, { key: me, value: there, seq: mine?.seq ?? 0 });
    const here = rest[0] ?? mine.value;
    await poll.vote(...here.split('_')).catch(() => {}); // the poll says what became of it
  } finally {
    releaseNews();
    other.leave();
  }
}

async function setPair(stranger, messageID, pair) {
  const { extensions } = await stranger.call('setMessageExtensions', {
    messageID,
    extensions: [pair],
  });
  if (extensions[0].code) throw new Error(`the hub said ${extensions[0].code}`);
}
