import { choicesOf, readPoll as readSheet, tally } from '../widgets/sheet.js';
import { isRead } from './pairs.js';

/**
 * Reads polls in the form of Tencent's poll plugin, as the widgets do: the message's data names the
 * options. Without rules a vote is the pair `<userID>_0` with the numbers of the chosen options
 * joined by `_`, and the pair `closed` ends it. With rules the hub knows who may vote for what, and
 * counts where nobody else may read the votes.
 */

/**
 * @typedef {import('../sdk/index.js').Message} Message
 * @typedef {import('./pairs.js').Pairs} Store
 * @typedef {import('./types.js').Poll} Poll
 */

const CLOSED = 'closed';
const VOTE = /^(.+)_0$/s;
const CONFLICT = 23001;
/** Of everybody: nothing is wished for, and nothing left out. */
const NOBODY = { key: '', stored: '', wished: '' };

/**
 * Returns the poll that a message and its pairs are, as seen by a user; null if the message is
 * none, or before they were read.
 *
 * @param {Message} message
 * @param {import('./types.js').Pairs} snapshot
 * @param {string} userID
 * @returns {Poll | null}
 */
export function readPoll(message, snapshot, userID) {
  const sheet = readSheet(message);
  if (!sheet || !isRead(snapshot)) return null;
  const { pairs } = snapshot;
  const summary = snapshot.summary ?? { pairs: pairs.size, latestSeq: 0 };
  const { total, votes } = tally(sheet, { pairs, summary }, NOBODY);
  const voters = new Map(sheet.options.map(({ index }) => [index, /** @type {string[]} */ ([])]));
  for (const [key, value] of sheet.hashed ? [] : pairs) {
    const voter = sheet.own ? key : key.match(VOTE)?.[1];
    if (voter) for (const index of choicesOf(sheet, value)) voters.get(index)?.push(voter);
  }
  const closed = sheet.ruled ? summary.closedSeq !== undefined : pairs.has(CLOSED);
  const mine = choicesOf(sheet, voteOf(message, pairs, { userID, closed }));
  return {
    title: sheet.title,
    several: sheet.most > 1,
    anonymous: sheet.anonymous,
    options: sheet.options.map(({ index, text }, at) => ({
      index,
      text,
      votes: votes && (votes[at] ?? 0),
      voters: voters.get(index) ?? [],
      mine: mine.includes(index),
    })),
    total,
    voted: mine.length > 0,
    closed,
  };
}

/**
 * The vote of a user. Where keys are hashes it is known only while no other pair can be read.
 *
 * @param {Message} message
 * @param {ReadonlyMap<string, string>} pairs
 * @param {{ userID: string, closed: boolean }} reader
 */
function voteOf(message, pairs, { userID, closed }) {
  const { anonymous, show, reveal } = message.extensionRules ?? {};
  if (!anonymous) return pairs.get(keyOf(message, userID));
  const hidden = reveal === 'never' || (reveal === 'closed' && !closed);
  const alone = show === 'summary' || (hidden && message.from !== userID);
  return alone ? [...pairs.values()][0] : undefined;
}

/**
 * The key of a user's vote.
 *
 * @param {Message} message
 * @param {string} userID
 */
const keyOf = ({ extensionRules }, userID) =>
  extensionRules?.write === 'own' ? userID : `${userID}_0`;

/**
 * What a user may do with the poll that a message is.
 *
 * @param {() => { store: Store, message: Message, userID: string }} now
 * @returns {import('./types.js').PollActions}
 */
export const pollActions = (now) => ({
  vote: (...indexes) => {
    const { store, message, userID } = now();
    // By rules in rising order, which says the same without them.
    const value = indexes.sort((a, b) => Number(a) - Number(b)).join('_');
    return surely(message, () => store.set({ [keyOf(message, userID)]: value }));
  },
  retract: () => {
    const { store, message, userID } = now();
    return surely(message, () => store.remove(keyOf(message, userID)));
  },
  close: () => {
    const { store, message } = now();
    return message.extensionRules ? store.close() : store.set({ [CLOSED]: '1' });
  },
});

/**
 * Changes a vote. Where keys are hashes nobody knows whose a pair is until an answer says it, so
 * one's own of another visit is a conflict at first.
 *
 * @param {Message} message
 * @param {() => Promise<void>} change
 */
async function surely({ extensionRules }, change) {
  try {
    await change();
  } catch (error) {
    const { code } = /** @type {{ code?: number }} */ (error);
    if (code !== CONFLICT || !extensionRules?.anonymous) throw error;
    await change();
  }
}
