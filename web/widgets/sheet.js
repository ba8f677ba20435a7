// What messages ask, and what their pairs answer. Everybody may send anything, so nothing is
// trusted: what can't be read is no poll, and a vote that can't be read is none.

/**
 * @typedef {import('../sdk/index.js').Message} Message
 * @typedef {import('../sdk/index.js').ExtensionRules} Rules
 * @typedef {import('../sdk/index.js').ExtensionSummary} Summary
 *
 * @typedef {object} Sheet what messages of all kinds have
 * @property {any} data the message's own
 * @property {string} title
 * @property {string} description
 * @property {string | undefined} results when they are shown, if the message says so
 * @property {boolean} ruled whether the hub keeps rules, or the widgets do
 * @property {boolean} anonymous
 * @property {boolean} hashed whether keys are hashes
 * @property {boolean} own whether a key is exactly the writer's userID
 * @property {string | undefined} write
 * @property {string | undefined} show
 * @property {string | undefined} reveal
 * @property {boolean} once
 * @property {number} max how many may answer
 *
 * @typedef {object} Option
 * @property {string} index what a vote for it says
 * @property {string} text
 *
 * @typedef {Sheet & { options: Option[], most: number }} Poll
 *
 * @typedef {object} Tally
 * @property {number} total how many people answered
 * @property {number[] | null} votes for each option, null while they are hidden
 */

/** How many pairs the hub lets a message hold if nothing else is said. */
const MAX_PAIRS = 300;

/**
 * Returns what all kinds have in common; null if the message is not of this kind.
 *
 * @param {Message} message
 * @param {string} businessID
 * @returns {Sheet | null}
 */
export function readSheet({ payload, extensionRules, isSupportExtension }, businessID) {
  const data = parse(payload.data);
  if (data?.businessID !== businessID || !isSupportExtension) return null;
  /** @type {Rules} */
  const rules = extensionRules ?? { anonymous: data.config?.anonymous === true };
  const { write, show, reveal, once = false, max = MAX_PAIRS, anonymous = false } = rules;
  const ruled = extensionRules !== undefined;
  return {
    data,
    title: text(data.title),
    description: text(data.description),
    results: data.exthub?.results,
    ruled,
    anonymous,
    hashed: ruled && anonymous,
    own: write === 'own',
    write,
    show,
    reveal,
    once,
    max,
  };
}

/**
 * @param {Message} message
 * @returns {Poll | null}
 */
export function readPoll(message) {
  const sheet = readSheet(message, 'group_poll');
  const list = sheet?.data.content?.option_list;
  if (!sheet || !Array.isArray(list) || !list.length) return null;
  const most = mostOf(message.extensionRules?.questions, list.length, sheet.data.config);
  if (!most) return null;
  // By rules, the hub counts options from 1; without, an option says its own number.
  const options = list.map((one, at) => ({
    index: String((!sheet.ruled && one?.index) || at + 1),
    text: text(one?.option),
  }));
  return { ...sheet, options, most };
}

/**
 * How many options a vote may name; 0 if the rules are not those of one question with these
 * options.
 *
 * @param {Rules['questions']} questions
 * @param {number} choices
 * @param {any} config
 */
function mostOf(questions, choices, config) {
  if (!questions) return config?.allow_multi_vote === true ? choices : 1;
  const [asked] = questions;
  if (questions.length > 1 || !asked || !('choices' in asked)) return 0;
  return asked.choices === choices ? (asked.choose ?? 1) : 0;
}

/**
 * The indexes that a vote names, in the poll's order. Of too many it has the first ones.
 *
 * @param {Poll} poll
 * @param {string} [value]
 */
export function choicesOf({ options, most }, value = '') {
  const named = value.split('_');
  const known = options.map(({ index }) => index).filter((index) => named.includes(index));
  return known.slice(0, most);
}

/**
 * Counts a poll, with this user's vote as it shall be.
 *
 * @param {Poll} poll
 * @param {{ pairs: ReadonlyMap<string, string>, summary: Summary }} source
 * @param {{ key: string, stored: string, wished: string }} mine '' for no vote
 * @returns {Tally}
 */
export function tally(poll, { pairs, summary }, { key, stored, wished }) {
  const votes = poll.options.map(() => 0);
  let total = 0;
  const add = (/** @type {string} */ value, step = 1) => {
    const chosen = choicesOf(poll, value);
    if (chosen.length) total += step;
    poll.options.forEach(({ index }, at) => {
      if (chosen.includes(index)) votes[at] = (votes[at] ?? 0) + step;
    });
  };
  const summed = poll.show === 'summary' || (poll.reveal ?? 'always') !== 'always';
  const counted = summary.answers?.[0];
  if (summed) {
    total = summary.pairs;
    counted?.forEach((n, at) => at in votes && (votes[at] = n));
  } else {
    for (const [name, value] of pairs)
      if ((poll.ruled || name.endsWith('_0')) && (poll.hashed || name !== key)) add(value);
  }
  // The own vote is among them where its key is not known, and else it was left out.
  if (summed || poll.hashed) add(stored, -1);
  add(wished);
  return { total, votes: summed && !counted ? null : votes };
}

/** @param {string} json */
function parse(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value : '');
