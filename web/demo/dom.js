// What every part of the page does with elements. Nothing here or elsewhere parses markup: text
// enters as text, so what people write never becomes part of the page.

/**
 * Makes an element. An attribute that is a function listens to the event of its name; one that is
 * false or null is left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Sets the text if it differs: screen readers announce every write, and browsers lay it out. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets the attribute if it differs. */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Makes a button for what cannot be undone: the first click asks, the second does it, unless the
 * focus leaves the button. That is less work than a dialog, and does not happen by accident.
 */
export function confirmButton(label, question, act) {
  const button = h('button', { type: 'button', class: 'quiet' }, label);
  const reset = () => {
    setText(button, label);
    button.classList.remove('danger');
  };
  button.addEventListener('click', () => {
    if (button.classList.contains('danger')) {
      reset();
      act();
      return;
    }
    setText(button, question());
    button.classList.add('danger');
    button.focus(); // not every browser focuses a clicked button, and blur takes the question back
  });
  button.addEventListener('blur', reset);
  button.addEventListener('keydown', (event) => event.key === 'Escape' && reset());
  return button;
}
