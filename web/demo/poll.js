import { chosenOptions, CLOSED, tally, voteKey } from './aggregate.js';
import { bar, labelRow } from './bar.js';
import { announce, h, setAttribute, setText } from './dom.js';

/** Draws a poll: a button per option, pressed if it is my vote. The next press takes it back. */
export function poll(content, { me, set, remove }) {
  const key = voteKey(me);
  const format = (value) => chosenOptions(content, value).map(optionText).join(', ') || 'no vote';
  let chosen = [];

  const toggle = (index) => {
    if (chosen.includes(index)) {
      const rest = chosen.filter((other) => other !== index);
      return rest.length ? set(key, rest.join('_'), format) : remove(key, format);
    }
    return set(key, (content.multiple ? [...chosen, index] : [index]).join('_'), format);
  };

  const rows = new Map(
    content.options.map(({ index, text }) => {
      const inside = bar(text);
      const button = h(
        'button',
        { type: 'button', class: 'row', click: () => toggle(index) },
        ...inside.parts,
      );
      return [index, { button, show: inside.show }];
    }),
  );
  const status = h('p', { class: 'status', role: 'status' });
  const withdraw = h(
    'button',
    { type: 'button', class: 'quiet', click: () => remove(key, format) },
    'Take my vote back',
  );
  const close = h(
    'button',
    { type: 'button', class: 'quiet', click: () => setClosed() },
    'Close poll',
  );
  let closed = false;
  const setClosed = () => (closed ? remove(CLOSED) : set(CLOSED, '1'));

  function optionText(index) {
    return content.options.find((option) => option.index === index).text;
  }

  return {
    element: h(
      'div',
      { class: 'body' },
      h(
        'div',
        {
          class: 'rows',
          role: 'group',
          'aria-label': content.multiple ? 'Options, several allowed' : 'Options',
        },
        ...[...rows.values()].map(({ button }) => button),
      ),
      h('div', { class: 'line' }, status, withdraw),
    ),
    tools: [close],
    render(pairs) {
      const result = tally(content, pairs);
      closed = result.closed;
      chosen = chosenOptions(content, pairs.get(key));
      const most = Math.max(...result.options.map(({ voters }) => voters.length));
      for (const { index, text, voters, share } of result.options) {
        const { button, show } = rows.get(index);
        show(voters.length, share, content.anonymous ? [] : voters);
        labelRow(button, text, voters.length, share, 'vote');
        setAttribute(button, 'aria-pressed', String(chosen.includes(index)));
        button.classList.toggle('leading', most > 0 && voters.length === most);
        button.disabled = closed;
      }
      withdraw.hidden = closed || chosen.length === 0;
      setText(close, closed ? 'Open again' : 'Close poll');
      announce(status, summary(result, content.multiple));
    },
  };
}

function summary({ voters, closed }, multiple) {
  const people = voters === 1 ? '1 person voted' : `${voters} people voted`;
  if (closed) return `Closed, ${people}`;
  if (voters === 0) return multiple ? 'No votes yet, choose as many as you like' : 'No votes yet';
  return people;
}
