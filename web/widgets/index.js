import { ExtPoll } from './poll.js';

export { ExtPoll };
export { words } from './words.js';

for (const [name, element] of Object.entries({ 'ext-poll': ExtPoll }))
  if (globalThis.customElements && !customElements.get(name)) customElements.define(name, element);
