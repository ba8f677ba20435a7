import { ExtChain } from './chain.js';
import { ExtPoll } from './poll.js';
import { ExtSurvey } from './survey.js';

export { ExtChain, ExtPoll, ExtSurvey };
export { words } from './words.js';

for (const [name, element] of Object.entries({
  'ext-poll': ExtPoll,
  'ext-chain': ExtChain,
  'ext-survey': ExtSurvey,
}))
  if (globalThis.customElements && !customElements.get(name)) customElements.define(name, element);
