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
 * @typedef {Sheet & { bytes: number }} Chain
 *
 * @typedef {object} Entry
 * @property {string} name of who wrote it, '' if that is nobody's business
 * @property {number} number
 * @property {string} text
 */

/** How many bytes a value may have if nothing else is said. */
const MAX_BYTES = 1000;

/**
 * @param {Message} message
 * @returns {Chain | null} null also if nobody may read the entries of others
 */
export function readChain(message) {
  const sheet = readSheet(message, 'group_note');
  const { questions = [{ text: MAX_BYTES }] } = message.extensionRules ?? {};
  const [asked] = questions;
  if (!sheet || sheet.hashed || sheet.show === 'summary' || questions.length !== 1) return null;
  return asked && 'text' in asked ? { ...sheet, bytes: asked.text } : null;
}

/**
 * The entries of a chain in order. An entry has the number that its author saw as the next one,
 * and keeps it when it is changed. Those who came at one moment are in the order of their keys,
 * those without a number, which another program wrote, come last.
 *
 * @param {ReadonlyMap<string, string>} pairs
 * @returns {(Entry & { key: string })[]}
 */
export function entriesOf(pairs) {
  const entries = [...pairs]
    .filter(([key]) => key !== 'closed' && !key.startsWith('§'))
    .map(([key, value]) => ({
      key,
      name: /^(guest-|~)/.test(key) ? '' : key,
      ...readEntry(value),
    }));
  return entries.sort((a, b) => a.number - b.number || (a.key < b.key ? -1 : 1));
}

/** @param {string} value */
export function readEntry(value) {
  const { n, text: written } = Object(parse(value));
  if (typeof written !== 'string') return { number: Infinity, text: value };
  return { number: Number.isSafeInteger(n) ? n : Infinity, text: written };
}

/**
 * @typedef {object} Question
 * @property {string} text
 * @property {Option[]} options none: answered in own words
 * @property {number} most how many options may be chosen
 * @property {number} bytes how many a text may have
 *
 * @typedef {Sheet & { questions: Question[] }} Survey
 */

/** The marks of a scale. */
const SCALE = ['1', '2', '3', '4', '5'];

/**
 * @param {Message} message
 * @returns {Survey | null}
 */
export function readSurvey(message) {
  const sheet = readSheet(message, 'group_survey');
  const list = sheet?.data.questions;
  const rules = message.extensionRules?.questions;
  if (!sheet || !Array.isArray(list) || !list.length) return null;
  if (rules && rules.length !== list.length) return null;
  const questions = list.map((one, at) => readQuestion(one, rules?.[at]));
  return questions.includes(null)
    ? null
    : { ...sheet, questions: /** @type {Question[]} */ (questions) };
}

/**
 * @param {any} one
 * @param {NonNullable<Rules['questions']>[number]} [rule]
 * @returns {Question | null}
 */
function readQuestion(one, rule) {
  const scale = one?.type === 'scale' ? SCALE : [];
  /** @type {unknown[]} */
  const texts = one?.type === 'choice' && Array.isArray(one.options) ? one.options : scale;
  const options = texts.map((option, at) => ({ index: `${at + 1}`, text: text(option) }));
  if (!options.length && one?.type !== 'text') return null;
  if (rule && ('text' in rule ? options.length : rule.choices !== options.length)) return null;
  const choice = { text: text(one.text), options, most: 1, bytes: MAX_BYTES };
  if (!rule) return choice;
  return 'text' in rule ? { ...choice, bytes: rule.text } : { ...choice, most: rule.choose ?? 1 };
}

/**
 * What a value answers to each question, '' where it does not.
 *
 * @param {Survey} survey
 * @param {string} value
 * @returns {string[]}
 */
export function answersOf({ questions, ruled }, value) {
  const one = questions.length === 1 ? [value] : [];
  const parsed = parse(value);
  // By rules, the answer to a single question stands alone, also one that looks like a list.
  const answers = Array.isArray(parsed) && !(ruled && one.length) ? parsed : one;
  return questions.map((question, at) => {
    const given = answers[at];
    const answer = typeof given === 'number' || typeof given === 'string' ? `${given}` : '';
    return question.options.length ? choicesOf(question, answer).join('_') : answer;
  });
}

/**
 * The value of such answers: by rules as the hub has them, else as numbers and null.
 *
 * @param {Survey} survey
 * @param {string[]} answers
 */
export function valueOf({ questions, ruled }, answers) {
  if (answers.every((answer) => !answer)) return '';
  if (ruled) return questions.length === 1 ? (answers[0] ?? '') : JSON.stringify(answers);
  return JSON.stringify(
    answers.map((answer, at) =>
      questions[at]?.options.length ? Number(answer) || null : answer || null,
    ),
  );
}

/**
 * Counts a survey, with this user's answers as they shall be.
 *
 * @param {Survey} survey
 * @param {{ pairs: ReadonlyMap<string, string>, summary: Summary }} source
 * @param {{ key: string, stored: string, wished: string }} mine
 * @returns {{ total: number, results: { votes: number[] | null, texts: string[] }[] }}
 */
export function tallySurvey(survey, { pairs, summary }, { key, stored, wished }) {
  const summed = survey.show === 'summary' || (survey.reveal ?? 'always') !== 'always';
  const results = survey.questions.map(({ options }, at) => ({
    votes: summed ? (summary.answers?.[at]?.slice() ?? null) : options.map(() => 0),
    texts: /** @type {string[]} */ ([]),
  }));
  let total = summed ? summary.pairs : 0;
  const add = (/** @type {string} */ value, step = 1) => {
    const answers = answersOf(survey, value);
    if (answers.every((answer) => !answer)) return;
    total += step;
    for (const [at, answer] of answers.entries()) {
      const { votes, texts } = /** @type {typeof results[number]} */ (results[at]);
      const options = survey.questions[at]?.options ?? [];
      if (!options.length && answer && step > 0) texts.push(answer);
      for (const choice of options.length ? answer.split('_') : [])
        if (votes && choice) votes[Number(choice) - 1] = (votes[Number(choice) - 1] ?? 0) + step;
    }
  };
  if (!summed)
    for (const [name, value] of pairs)
      if (name !== 'closed' && (survey.hashed || name !== key)) add(value);
  if (summed || survey.hashed) add(stored, -1);
  add(wished);
  return { total, results };
}

/**
 * The indexes that a vote names, in the poll's order. Of too many it has the first ones.
 *
 * @param {{ options: Option[], most: number }} poll
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

/**
 * Returns the newer of two summaries of a message, the first of equal ones.
 *
 * @param {Summary} one
 * @param {Summary | null} other
 */
export const newerSummary = (one, other) => (other && seqOf(other) > seqOf(one) ? other : one);

/**
 * Up to where a summary is true. The close is the last that happens to a message.
 *
 * @param {Summary} summary
 */
const seqOf = ({ latestSeq, closedSeq = latestSeq }) => closedSeq;

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
