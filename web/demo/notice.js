import { h } from './dom.js';

/**
 * Makes the place on a card that shows a problem, one at a time. Screen readers announce it at
 * once, because the person has just acted and believes that it worked.
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

  /**
   * Shows a sentence. Resolves true if the person wants to try again, false if not, or if something
   * newer is shown.
   */
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
            before?.focus(); // or the keyboard starts again at the top of the page
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
