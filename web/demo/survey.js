import { marks, parseAnswers, summarize } from './aggregate.js';
import { bar, labelRow } from './bar.js';
import { announce, h, newID, setChildren, setText } from './dom.js';
import { lengthHint, tooLong } from './limits.js';
import { avatar, displayName } from './people.js';

/** Draws a survey: every question with its results, and my answers, which are sent as one pair. */
export function survey(content, { me, set, remove }) {
  const questions = content.questions.map((question) =>
    question.type === 'text' ? textQuestion(question, me) : choiceQuestion(question),
  );
  const send = h('button', { class: 'primary' });
  const withdraw = h(
    'button',
    { type: 'button', class: 'quiet', click: () => remove(me, format) },
    'Take mine back',
  );
  const hint = h('p', { class: 'hint', role: 'status' });
  const status = h('p', { class: 'status', role: 'status' });
  let sent = '';

  const sheet = () => JSON.stringify(questions.map((question) => question.value()));
  const blank = JSON.stringify(content.questions.map(() => null));
  const format = (value) =>
    parseAnswers(content, value)
      .map((answer, at) => questions[at].format(answer))
      .join(', ');
  const validate = () => {
    setText(hint, lengthHint(sheet()));
    send.disabled = tooLong(sheet());
  };
  const submit = async (event) => {
    event.preventDefault();
    if (sheet() === blank) setText(hint, 'Please answer at least one question.');
    else await set(me, sheet(), format);
  };

  return {
    element: h(
      'form',
      { class: 'body', submit, input: validate },
      ...questions.map(({ element }) => element),
      h('div', { class: 'line' }, status, withdraw, send),
      hint,
    ),
    render(pairs) {
      const { respondents, questions: results } = summarize(content, pairs);
      results.forEach((result, at) => questions[at].render(result));
      const own = pairs.get(me) ?? '';
      if (own !== sent) {
        // Mine changed, here or in another window. Otherwise what is half typed stays.
        sent = own;
        parseAnswers(content, own).forEach((answer, at) => questions[at].setValue(answer));
      }
      withdraw.hidden = own === '';
      setText(send, own === '' ? 'Send my answers' : 'Change my answers');
      announce(status, respondents === 1 ? '1 person answered' : `${respondents} people answered`);
      validate();
    },
  };
}

/** Draws a question with fixed answers: rows to choose from, which are also the result's bars. */
function choiceQuestion({ type, text, options }) {
  const name = newID('question');
  const labels = type === 'scale' ? marks({ type }).map(String) : options;
  const rows = labels.map((label, at) => {
    const inside = bar(label);
    const input = h('input', { type: 'radio', name, value: at + 1, class: 'visually-hidden' });
    return {
      label,
      input,
      show: inside.show,
      element: h('label', { class: 'row' }, input, ...inside.parts),
    };
  });
  const mean = h('p', { class: 'mean' });
  return {
    element: h(
      'fieldset',
      { class: type },
      h('legend', {}, text),
      h('div', { class: 'rows' }, ...rows.map(({ element }) => element)),
      mean,
    ),
    value: () => {
      const at = rows.findIndex(({ input }) => input.checked);
      return at < 0 ? null : at + 1;
    },
    setValue: (answer) =>
      rows.forEach(({ input }, at) => {
        input.checked = answer === at + 1;
      }),
    format: (answer) => (answer === null ? 'no answer' : labels[answer - 1]),
    render({ counts, shares, mean: average, answered }) {
      rows.forEach(({ label, input, show }, at) => {
        show(counts[at], shares[at]);
        labelRow(input, label, counts[at], shares[at], 'answer');
      });
      setText(mean, type === 'scale' && answered ? `${average.toFixed(1)} on average` : '');
    },
  };
}

/** Draws a question that is answered in own words, with everybody's answers below. */
function textQuestion({ text }, me) {
  const input = h('textarea', {
    id: newID('words'),
    rows: 2,
    maxlength: 1000,
    placeholder: 'In my own words',
  });
  const list = h('ul', { class: 'entries', 'aria-label': `Answers to: ${text}` });
  const items = new Map();
  const item = ({ userID, answer }) => {
    if (!items.has(userID)) {
      const words = h('bdi', { class: 'text' });
      items.set(userID, {
        words,
        element: h(
          'li',
          {},
          avatar(userID),
          h('span', {}, h('strong', {}, h('bdi', {}, displayName(userID, me))), ' ', words),
        ),
      });
    }
    const { words, element } = items.get(userID);
    setText(words, answer);
    return element;
  };
  return {
    element: h(
      'fieldset',
      { class: 'text' },
      h('legend', {}, h('label', { for: input.id }, text)),
      input,
      list,
    ),
    value: () => input.value.trim() || null,
    setValue: (answer) => {
      input.value = answer ?? '';
    },
    format: (answer) => answer ?? 'no answer',
    render: ({ texts }) => setChildren(list, texts.map(item)),
  };
}
