/**
 * Reads polls in the form of Tencent's poll plugin: the message's data names the options, a vote is
 * the pair `<userID>_0` with the numbers of the chosen options joined by `_`, and the pair `closed`
 * ends it.
 */

/** @typedef {import('./types.js').Poll} Poll */

const CLOSED = 'closed';
const VOTE = /^(.+)_0$/s;

/**
 * Returns the poll that a message and its pairs are, as seen by a user; null if the message is
 * none.
 *
 * @param {import('../sdk/index.js').Message} message
 * @param {ReadonlyMap<string, string>} pairs
 * @param {string} userID
 * @returns {Poll | null}
 */
export function readPoll(message, pairs, userID) {
  const sheet = readSheet(message);
  if (!sheet) return null;
  const options = sheet.options.map((option) => ({
    ...option,
    voters: /** @type {string[]} */ ([]),
    mine: false,
  }));
  let total = 0;
  for (const [key, value] of pairs) {
    const voter = key.match(VOTE)?.[1];
    const chosen = new Set(value.split('_'));
    const of = voter ? options.filter(({ index }) => chosen.has(index)) : [];
    if (voter === undefined || of.length === 0) continue;
    total++;
    for (const option of of) {
      option.voters.push(voter);
      if (voter === userID) option.mine = true;
    }
  }
  return {
    title: sheet.title,
    several: sheet.several,
    anonymous: sheet.anonymous,
    options: options.map((option) => ({ ...option, votes: option.voters.length })),
    total,
    voted: options.some(({ mine }) => mine),
    closed: pairs.has(CLOSED),
  };
}

/**
 * The pairs of a vote, and the key that takes it back.
 *
 * @param {string} userID
 * @param {string[]} indexes
 */
export const voteOf = (userID, indexes) => ({ [`${userID}_0`]: indexes.join('_') });
export const keyOfVote = (/** @type {string} */ userID) => `${userID}_0`;
export const closing = Object.freeze({ [CLOSED]: '1' });

/** @param {import('../sdk/index.js').Message} message */
function readSheet({ payload }) {
  let sheet;
  try {
    sheet = JSON.parse(payload?.data);
  } catch {
    return null; // of another app
  }
  const list = sheet?.content?.option_list;
  if (sheet?.businessID !== 'group_poll' || !Array.isArray(list)) return null;
  return {
    title: String(sheet.title ?? ''),
    several: sheet.config?.allow_multi_vote === true,
    anonymous: sheet.config?.anonymous === true,
    options: list.map((one, at) => ({
      index: String(one?.index ?? at + 1),
      text: String(one?.option ?? ''),
    })),
  };
}
