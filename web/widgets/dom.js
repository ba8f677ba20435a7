// What the widgets do with elements. Nothing parses markup: text enters as text, so what people
// write never becomes part of a page.

/**
 * Makes an element. `on…` listens, a boolean is an attribute that is there or not.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (typeof value === 'boolean') element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * Sets the text, if it differs: screen readers may say every write.
 *
 * @param {Element} element
 * @param {string} text nothing is shown of an empty one
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
  /** @type {HTMLElement} */ (element).hidden = text === '';
}

/**
 * A button, one of the widgets' parts.
 *
 * @param {string} part
 * @param {string} text
 * @param {() => void} act
 */
export const button = (part, text, act) =>
  h('button', { type: 'button', part: `button ${part}`, class: part, onclick: act }, text);

/**
 * Lines of cells as CSV. What a spreadsheet would take for a formula is text.
 *
 * @param {string[][]} lines
 */
export const csv = (lines) =>
  lines
    .map((cells) =>
      cells.map((text) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replace(/"/g, '""')}"`).join(),
    )
    .join('\r\n') + '\r\n';

/**
 * Puts styles into a shadow root. A sheet that is made by a script may be there under any content
 * security policy, a style element may not.
 *
 * @param {ShadowRoot} root
 * @param {string} css
 */
export function addStyles(root, css) {
  try {
    let sheet = sheets.get(css);
    if (!sheet) sheets.set(css, (sheet = new CSSStyleSheet()));
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(h('style', {}, css)); // Safari before 16.4
  }
}

/** @type {Map<string, CSSStyleSheet>} */
const sheets = new Map();
