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

let ids = 0;

/** A new id, for a label to point at. */
export const newID = (word) => `${word}-${(ids += 1)}`;

/** Sets the text if it differs: screen readers announce every write, and browsers lay it out. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @type {WeakMap<Element, { last: number, timer: any }>} when an element was announced */
const announced = new WeakMap();
const ANNOUNCE_MS = 5_000;

/**
 * Sets the text of an element that screen readers announce, at most every five seconds: what thirty
 * people do in ten is one sentence, not thirty.
 */
export function announce(element, text) {
  if (element.textContent === text) return;
  const state = announced.get(element) ?? { last: -Infinity, timer: null };
  announced.set(element, state);
  const now = performance.now();
  const wait = state.last + ANNOUNCE_MS - now;
  clearTimeout(state.timer);
  setAttribute(element, 'aria-live', wait > 0 ? 'off' : 'polite');
  element.textContent = text;
  if (wait <= 0) {
    state.last = now;
    return;
  }
  state.timer = setTimeout(() => {
    state.last = performance.now();
    setAttribute(element, 'aria-live', 'polite');
    element.textContent = '';
    element.textContent = text; // a change that is announced
  }, wait);
}

/** Sets the attribute if it differs. */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Makes these the children, in this order. It moves only those that are out of place, so that focus
 * and transitions survive.
 */
export function setChildren(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
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

const animations = new WeakMap();
const ANIMATION_MS = 400; // as --slide in base.css

/**
 * Shows a number, running from the one shown before. It jumps in a hidden page, and where people
 * want less motion.
 */
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
    if (animation.target !== to) return; // a newer number goes on from here
    const progress = instant ? 1 : Math.min(1, Math.max(0, now - start) / ANIMATION_MS);
    animation.value = from + (to - from) * (1 - (1 - progress) ** 3);
    setText(element, format(Math.round(animation.value)));
    if (progress < 1) requestAnimationFrame(step);
  };
  step(start);
}
