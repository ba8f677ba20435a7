// The messages behind the cards: `data`, a JSON string with a businessID, and the rules by which
// the hub keeps them. Poll and chain use the names of Tencent's own plugins; surveys have no public
// precedent. What is in them the widgets read.

const KINDS = new Map([
  ['group_poll', 'poll'],
  ['group_note', 'chain'],
  ['group_survey', 'survey'],
]);

/** The most people who can answer: the hub's default is 300, which a hall is more than. */
const MAX_ANSWERS = 10_000;
/** The most bytes of one answer, as the hub has it. */
const MAX_BYTES = 1000;

/** How many marks a scale has. */
const MARKS = 5;

/**
 * Reads of a message what its card shows around the widget: {kind: 'poll' | 'chain' | 'survey',
 * title}, or null if it is none of these. Everybody may send anything, so nothing is trusted.
 */
export function readCard(message) {
  try {
    const { businessID, title } = JSON.parse(message.payload.data);
    const kind = KINDS.get(businessID);
    return kind && typeof title === 'string' ? { kind, title } : null;
  } catch {
    return null;
  }
}

/** The texts of a poll's options. */
export const optionsOf = (message) =>
  JSON.parse(message.payload.data).content.option_list.map(({ option }) => option);

/**
 * A poll, as {data, rules}. results says when they are shown: 'always', 'after-vote' or
 * 'after-close', when the hub tells nobody before. closeAt is in Unix seconds, undefined: by hand.
 */
export function pollMessage({ title, options, multiple, anonymous, results, closeAt }) {
  const data = {
    businessID: 'group_poll',
    version: 1,
    title,
    config: { public: true, allow_multi_vote: multiple, anonymous },
    content: {
      option_list: options.map((option, at) => ({ index: at + 1, option })),
      original_msg_id: '',
      original_msg_seq: 0,
    },
    exthub: { results },
  };
  const rules = {
    write: 'own',
    questions: [{ choices: options.length, choose: multiple ? options.length : 1 }],
    max: MAX_ANSWERS,
    ...(anonymous && { anonymous, show: 'summary' }),
    ...(results === 'after-close' && { reveal: 'closed' }),
    ...(closeAt && { closeAt }),
  };
  return { data: JSON.stringify(data), rules };
}

/** A chain, as {data, rules}. */
export function chainMessage({ title, description, creator }) {
  const data = {
    businessID: 'group_note',
    version: 1,
    title,
    description,
    creator,
    multi_submit: false,
    show_line_num: true,
  };
  return { data: JSON.stringify(data), rules: own([{ text: MAX_BYTES }]) };
}

/** A survey, as {data, rules}. Its results come with one's own answers, or they would lead them. */
export function surveyMessage({ title, questions }) {
  const data = { businessID: 'group_survey', version: 1, title, questions };
  const asked = questions.map(({ type, options }) => {
    if (type === 'text') return { text: MAX_BYTES };
    return { choices: type === 'scale' ? MARKS : options.length };
  });
  return { data: JSON.stringify(data), rules: own(asked) };
}

/** Rules by which everybody has one answer. */
const own = (questions) => ({ write: 'own', questions, max: MAX_ANSWERS });
