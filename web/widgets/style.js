// The widgets' looks. --ext-… are for pages to set; --_… are the widgets' own.

const light = `
  --_ink: var(--ext-ink, #1c1b22);
  --_soft: var(--ext-soft, #5f5c6b);
  --_surface: var(--ext-surface, #fff);
  --_field: var(--ext-field, #f4f3f8);
  --_line: var(--ext-line, #dedbe6);
  --_accent: var(--ext-accent, #4f46e5);
  --_on-accent: var(--ext-on-accent, #fff);
  --_bar: var(--ext-bar, #dfdcfb);
  --_warn: var(--ext-warn, #7a4300);
  --_warn-field: var(--ext-warn-field, #fff2db);
  color-scheme: light;`;

const dark = `
  --_ink: var(--ext-ink, #f0eef6);
  --_soft: var(--ext-soft, #aba7b8);
  --_surface: var(--ext-surface, #1c1a23);
  --_field: var(--ext-field, #282632);
  --_line: var(--ext-line, #3a3746);
  --_accent: var(--ext-accent, #a8a1ff);
  --_on-accent: var(--ext-on-accent, #16132b);
  --_bar: var(--ext-bar, #3c3868);
  --_warn: var(--ext-warn, #ffc873);
  --_warn-field: var(--ext-warn-field, #392b12);
  color-scheme: dark;`;

export default `
:host {
  ${light}
  display: block;
  font: var(--ext-font, 1rem/1.45 system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif);
  font-variant-numeric: tabular-nums;
  color: var(--_ink);
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme='light'])) {${dark}}
}
:host([theme='dark']) {${dark}}
:host([hidden]), [hidden] {
  display: none !important;
}
* {
  box-sizing: border-box;
  margin: 0;
}
.card {
  max-inline-size: var(--ext-width, 34rem);
  padding: var(--ext-padding, 1.25rem);
  border: 1px solid var(--_line);
  border-radius: var(--ext-radius, 1rem);
  background: var(--_surface);
  overflow-wrap: anywhere;
}
form, .rows, .fields {
  display: grid;
  gap: var(--ext-gap, 0.5rem);
}
fieldset {
  min-inline-size: 0;
  padding: 0;
  border: 0;
}
.whole:not(:has(.hint > :not([hidden]))) > legend {
  margin-block-end: 0.9rem;
}
.hint:has(> *):not(:has(> :not([hidden]))) {
  display: none;
}
legend {
  inline-size: 100%;
  padding: 0;
  font-size: 1.2em;
  font-weight: 650;
  line-height: 1.3;
  text-wrap: balance;
}
.hint {
  margin-block: 0.2rem 0.9rem;
  color: var(--_soft);
  font-size: 0.875em;
  white-space: pre-line;
}
.badge {
  display: inline-block;
  margin-inline-end: 0.5em;
  padding: 0.1em 0.65em;
  border-radius: 1em;
  background: var(--_ink);
  color: var(--_surface);
  font-weight: 600;
}
ul, ol.rows {
  padding: 0;
  list-style: none;
}
.row {
  position: relative;
  isolation: isolate;
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.15rem 0.7rem;
  min-block-size: 2.9rem;
  padding: 0.45rem 0.9rem;
  overflow: hidden;
  border-radius: var(--ext-option-radius, 0.7rem);
  background: var(--_field);
}
.row::after {
  position: absolute;
  inset: 0;
  border: 2px solid transparent;
  border-radius: inherit;
  pointer-events: none;
  transition: border-color 0.15s;
  content: '';
}
label.row:has(input:not([hidden])) {
  cursor: pointer;
}
.row.mine::after, .row:hover:has(input:not([hidden], :disabled))::after {
  border-color: var(--_accent);
}
.row:focus-within:has(:focus-visible) {
  outline: 3px solid var(--_accent);
  outline-offset: 2px;
}
input[type='radio'], input[type='checkbox'] {
  flex: none;
  inline-size: 1.25rem;
  block-size: 1.25rem;
  accent-color: var(--_accent);
  outline: 0;
}
.text {
  flex: 1 1 6rem;
}
.votes {
  color: var(--_soft);
  font-size: 0.875em;
}
.percent {
  min-inline-size: 3.2em;
  font-weight: 600;
  text-align: end;
}
.number {
  display: flex;
  flex: none;
  align-items: baseline;
  gap: 0.5rem;
  margin-inline-start: auto;
  white-space: nowrap;
}
.bar {
  position: absolute;
  z-index: -1;
  inset-block: 0;
  inset-inline-start: 0;
  inline-size: calc(var(--share, 0) * 100%);
  background: var(--_bar);
  transition: inline-size 0.5s cubic-bezier(0.2, 0.7, 0.2, 1);
}
.leading .text, .mine .text {
  font-weight: 600;
}
.winner .text::before {
  color: var(--_accent);
  content: '★ ';
  content: '★ ' / ''; /* who hears it is told in words */
}
.tick {
  color: var(--_accent);
  font-weight: 700;
}
.pending .tick, .pending .bar {
  animation: pulse 1.2s ease-in-out infinite alternate;
}
@keyframes pulse {
  to {
    opacity: 0.35;
  }
}
.foot {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.25rem 1.5rem;
  margin-block-start: 0.65rem;
}
.status {
  flex: 1 1 auto;
  color: var(--_soft);
  font-size: 0.875em;
}
button {
  min-block-size: 2.75rem;
  padding: 0.5rem 1.1rem;
  border: 0;
  border-radius: 0.7rem;
  background: none;
  color: var(--_soft);
  font: inherit;
  cursor: pointer;
}
button:hover {
  background: var(--_field);
  color: var(--_ink);
}
.foot button:not(.primary) {
  margin-block: -0.35rem;
  margin-inline: -0.75rem;
  padding-inline: 0.75rem;
  font-size: 0.875em;
}
.primary, .primary:hover {
  background: var(--_accent);
  color: var(--_on-accent);
  font-weight: 600;
}
.foot .primary {
  margin-inline-start: auto;
}
.primary:hover {
  filter: brightness(1.08);
}
button:disabled {
  opacity: 0.55;
  cursor: default;
}
button:focus-visible, .field:focus-visible {
  outline: 3px solid var(--_accent);
  outline-offset: 2px;
}
.notice {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0 1.25rem;
  margin-block-start: 0.65rem;
  padding: 0.4rem 0.9rem;
  border-radius: 0.7rem;
  background: var(--_warn-field);
  color: var(--_warn);
}
.notice.loading {
  padding: 0;
  background: none;
  color: var(--_soft);
}
.notice p {
  flex: 1 1 12rem;
  padding-block: 0.35rem;
}
.notice:has(button + button) p {
  flex-basis: 100%;
}
form[hidden] + .notice {
  margin: 0;
}
.notice button {
  padding-inline: 0;
  color: inherit;
  font-weight: 600;
  text-align: start;
  text-decoration: underline;
  text-underline-offset: 0.2em;
}
.notice button:hover {
  background: none;
}
legend.small {
  margin-block-end: 0.5rem;
  font-size: 1em;
}
fieldset + fieldset {
  margin-block-start: 0.9rem;
}
.texts li {
  margin-block-start: 0.4rem;
  padding: 0.4rem 0.9rem;
  border-radius: 0.7rem;
  background: var(--_field);
}
.entries {
  margin-block-end: 0.9rem;
  padding-inline-start: 2.2em;
}
.entries:empty {
  display: none;
}
.entries li {
  padding-block: 0.2rem;
}
/* A paragraph of its own by the bidi algorithm: controls in it turn nothing else around. */
.entries [part='text'] {
  display: inline-block;
  max-inline-size: 100%;
  vertical-align: top;
}
.entries li::marker {
  color: var(--_soft);
}
.entries .mine {
  font-weight: 600;
}
.label {
  display: block;
  margin-block-end: 0.25rem;
  color: var(--_soft);
  font-size: 0.875em;
}
.field {
  inline-size: 100%;
  min-block-size: 2.75rem;
  padding: 0.6rem 0.9rem;
  border: 1px solid var(--_soft);
  border-radius: 0.7rem;
  background: var(--_surface);
  color: inherit;
  font: inherit;
}
/* The words may be of another direction than the page, as English ones in Arabic. */
button, .hint > *, .label, .notice p, .status > *, .votes {
  unicode-bidi: plaintext;
}
.sr {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
:host([present]) {
  font-size: clamp(1.25rem, 2.6vw, 3rem);
}
:host([present]) .card {
  max-inline-size: none;
}
:host([present]) .row {
  min-block-size: 2.4em;
}
@media (max-width: 30rem) {
  .number {
    flex-direction: column-reverse;
    align-items: end;
    gap: 0;
    line-height: 1.25;
  }
}
@media (prefers-reduced-motion: reduce) {
  * {
    transition: none !important;
    animation: none !important;
  }
}
@media (forced-colors: active) {
  .row, .notice, .badge {
    border: 1px solid;
  }
  .row.mine {
    border: 3px solid Highlight;
  }
  .bar {
    inset-block-start: auto;
    block-size: 5px;
    background: Highlight;
    forced-color-adjust: none;
  }
  .row::after {
    display: none;
  }
  button, .foot button:not(.primary), .notice button {
    margin: 0;
    padding-inline: 0.75rem;
    border: 1px solid;
  }
  .notice.loading {
    border: 0;
  }
}
`;
