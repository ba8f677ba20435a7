// The few things that every part of the page does with elements. Text always enters as text: nothing here or elsewhere
// parses markup, so what people write can never become part of the page.

/** Makes an element. An attribute that is a function listens to the event of its name; false and null are left out. */
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

let ids = 0;

/** An id for a label to point at. */
export const newID = (word) => `${word}-${(ids += 1)}`;

/** Writes only what differs: screen readers announce, and the browser lays out, every write. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Puts the children in this order and moves only those that are out of place, so that focus and transitions survive. */
export function setChildren(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
}

/**
 * A button for what cannot be undone: the first click asks, the second within the button's focus does it. Cheaper for
 * people than a dialog and impossible to do by accident.
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
    button.focus(); // not every browser focuses a clicked button, and blur is what takes the question back
  });
  button.addEventListener('blur', reset);
  button.addEventListener('keydown', (event) => event.key === 'Escape' && reset());
  return button;
}

const animations = new WeakMap();
const ANIMATION_MS = 400; // ms, the same as the bars in card.css

/** Shows a number and lets it run from the one shown before. Nothing runs unseen or against the person's wish. */
export function animateNumber(element, to, format = String) {
  const animation = animations.get(element) ?? { value: to, target: NaN };
  animations.set(element, animation);
  if (animation.target === to) return;
  animation.target = to;
  const from = animation.value;
  const instant =
    from === to || document.hidden || matchMedia('(prefers-reduced-motion: reduce)').matches;
  const start = performance.now();
  const step = (now) => {
    if (animation.target !== to) return; // a newer number has taken over from where this one got to
    const progress = instant ? 1 : Math.min(1, Math.max(0, now - start) / ANIMATION_MS);
    animation.value = from + (to - from) * (1 - (1 - progress) ** 3);
    setText(element, format(Math.round(animation.value)));
    if (progress < 1) requestAnimationFrame(step);
  };
  step(start);
}
