import { answers, marks, summarize } from './aggregate.js';
import { bar, describe } from './bar.js';
import { arrange, h, newID, write } from './dom.js';
import { room, tooLong } from './limits.js';
import { avatar, called } from './people.js';

/** Draws a survey: every question with its answers so far, and my own sheet to fill in and send as one pair. */
export function survey(content, { me, set, remove }) {
  const questions = content.questions.map((question) =>
    question.type === 'text' ? open(question, me) : fixed(question),
  );
  const send = h('button', { class: 'primary' });
  const back = h(
    'button',
    { type: 'button', class: 'quiet', click: () => remove(me, say) },
    'Take mine back',
  );
  const hint = h('p', { class: 'hint', role: 'status' });
  const status = h('p', { class: 'status', role: 'status' });
  let sent = '';

  const sheet = () => JSON.stringify(questions.map((question) => question.read()));
  const blank = JSON.stringify(content.questions.map(() => null));
  const say = (value) =>
    answers(content, value)
      .map((answer, at) => questions[at].say(answer))
      .join(', ');
  const check = () => {
    write(hint, room(sheet()));
    send.disabled = tooLong(sheet());
  };
  const submit = async (event) => {
    event.preventDefault();
    if (sheet() === blank) write(hint, 'Please answer at least one question.');
    else await set(me, sheet(), say);
  };

  return {
    element: h(
      'form',
      { class: 'body', submit, input: check },
      ...questions.map(({ element }) => element),
      h('div', { class: 'line' }, status, back, send),
      hint,
    ),
    render(pairs) {
      const { respondents, questions: results } = summarize(content, pairs);
      results.forEach((result, at) => questions[at].show(result));
      const own = pairs.get(me) ?? '';
      if (own !== sent) {
        // mine changed: by me just now, or in another window; what is half typed elsewhere stays
        sent = own;
        answers(content, own).forEach((answer, at) => questions[at].fill(answer));
      }
      back.hidden = own === '';
      write(send, own === '' ? 'Send my answers' : 'Change my answers');
      write(status, respondents === 1 ? '1 person answered' : `${respondents} people answered`);
      check();
    },
  };
}

/** A question with fixed answers: rows to choose from that are at the same time the bars of the result. */
function fixed({ type, text, options }) {
  const name = newID('question');
  const labels = type === 'scale' ? marks({ type }).map(String) : options;
  const rows = labels.map((label, at) => {
    const inside = bar(label);
    const input = h('input', { type: 'radio', name, value: at + 1, class: 'unseen' });
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
    read: () => {
      const at = rows.findIndex(({ input }) => input.checked);
      return at < 0 ? null : at + 1;
    },
    fill: (answer) =>
      rows.forEach(({ input }, at) => {
        input.checked = answer === at + 1;
      }),
    say: (answer) => (answer === null ? 'no answer' : labels[answer - 1]),
    show({ counts, shares, mean: average, answered }) {
      rows.forEach(({ label, input, show }, at) => {
        show(counts[at], shares[at]);
        describe(input, label, counts[at], shares[at], 'answer');
      });
      write(mean, type === 'scale' && answered ? `${average.toFixed(1)} on average` : '');
    },
  };
}

/** A question answered in own words, with everybody's words below. */
function open({ text }, me) {
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
      const words = h('span', { class: 'text' });
      items.set(userID, {
        words,
        element: h(
          'li',
          {},
          avatar(userID),
          h('span', {}, h('strong', {}, called(userID, me)), ' ', words),
        ),
      });
    }
    const { words, element } = items.get(userID);
    write(words, answer);
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
    read: () => input.value.trim() || null,
    fill: (answer) => {
      input.value = answer ?? '';
    },
    say: (answer) => answer ?? 'no answer',
    show: ({ texts }) => arrange(list, texts.map(item)),
  };
}
