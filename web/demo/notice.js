import { h } from './dom.js';

/**
 * The place on a card where a problem is shown, with at most one at a time. It is announced at once, because the person
 * has just acted and believes that it worked.
 */
export function notice() {
  const element = h('div', { class: 'notice', role: 'alert', hidden: true });
  let resolveAsk = () => {};

  const hide = (answer = false) => {
    resolveAsk(answer);
    resolveAsk = () => {};
    element.hidden = true;
    element.replaceChildren();
  };

  /** Shows a sentence and resolves true if the person wants to try again, false if not or if something newer came up. */
  const ask = (sentence) => {
    hide();
    const before = document.activeElement;
    const button = (label, answer, look) =>
      h(
        'button',
        {
          type: 'button',
          class: look,
          click: () => {
            hide(answer);
            before?.focus(); // the button is gone: without this, the keyboard would start again at the top of the page
          },
        },
        label,
      );
    element.append(
      h('p', {}, sentence),
      button('Try again', true, 'primary'),
      button('Leave it', false, 'quiet'),
    );
    element.hidden = false;
    element.scrollIntoView({ block: 'nearest' });
    return new Promise((resolve) => {
      resolveAsk = resolve;
    });
  };

  return { element, ask, hide };
}
