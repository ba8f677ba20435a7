// The `data` of the cards' messages: a JSON string with a businessID. Poll and chain use the names
// of Tencent's own plugins; surveys have no public precedent.

const KINDS = new Map([
  ['group_poll', poll],
  ['group_note', chain],
  ['group_survey', survey],
]);

/**
 * Parses a message into {kind: 'poll' | 'chain' | 'survey', title, ...}, or null if it is none of
 * these or malformed. Everybody may send anything, so nothing is trusted.
 */
export function parseCard(message) {
  try {
    const data = JSON.parse(message.payload.data);
    return KINDS.get(data.businessID)?.(data) ?? null;
  } catch {
    return null;
  }
}

export const pollData = ({ title, options, multiple }) =>
  JSON.stringify({
    businessID: 'group_poll',
    version: 1,
    title,
    config: { public: true, allow_multi_vote: multiple, anonymous: false },
    content: {
      option_list: options.map((option, at) => ({ index: at + 1, option })),
      original_msg_id: '',
      original_msg_seq: 0,
    },
  });

export const chainData = ({ title, description, creator }) =>
  JSON.stringify({
    businessID: 'group_note',
    version: 1,
    title,
    description,
    creator,
    multi_submit: false,
    show_line_num: true,
  });

export const surveyData = ({ title, questions }) =>
  JSON.stringify({ businessID: 'group_survey', version: 1, title, questions });

function poll(data) {
  const options = data.content.option_list.map(({ index, option }) => ({
    index: Number(index),
    text: requireText(option),
  }));
  const indexes = new Set(options.map(({ index }) => index));
  if (indexes.size !== options.length || ![...indexes].every(Number.isSafeInteger)) return null;
  return {
    kind: 'poll',
    title: requireText(data.title),
    multiple: data.config?.allow_multi_vote === true,
    anonymous: data.config?.anonymous === true, // nobody is named, though every member reads the keys
    options,
  };
}

function chain(data) {
  return {
    kind: 'chain',
    title: requireText(data.title),
    description: requireText(data.description ?? ''),
  };
}

function survey(data) {
  const questions = data.questions.map(({ type, text: asked, options = [] }) => {
    if (!['choice', 'scale', 'text'].includes(type))
      throw new TypeError(`unknown question type ${type}`);
    return { type, text: requireText(asked), options: options.map(requireText) };
  });
  return questions.length ? { kind: 'survey', title: requireText(data.title), questions } : null;
}

function requireText(value) {
  if (typeof value !== 'string') throw new TypeError('not a text');
  return value;
}
