// What people read when something fails. The codes are the hub's (PROTOCOL.md) and the SDK's own.

import { hasWord, say } from './words.js';

/** A sentence for an error: ours for the codes that have one, else the error's own text. */
export function errorSentence(error) {
  const code = error?.code;
  if (code && hasWord(`error_${code}`)) return say(`error_${code}`);
  if (!error?.message) return say('somethingWrong');
  const words = String(error.message).replace(/[.。]$/, '');
  if (code >= 70000 && code < 80000) return say('notYou', 0, `${words} (${code})`);
  if (code) return `${words} (${code}).`;
  return /[。？?]$/.test(error.message) ? error.message : `${words}.`;
}
