// What people read when something fails. Codes come from the hub (see PROTOCOL.md) and, from 2000 on, from the SDK itself.

const SENTENCES = new Map([
  [10007, 'You are not a member of the demo group any more. Reload the page to join again.'],
  [10010, 'The demo group is gone. Reload the page to make a new one.'],
  [23002, 'This message was sent without room for answers.'],
  [23003, 'Too many changes on this card within a minute. Please wait a moment.'],
  [23004, 'This card does not exist any more.'],
  [60007, 'The hub is busy. Please wait a moment.'],
  [70001, 'The permission to use this name has expired.'],
  [2800, 'The connection went in between. Look whether it was saved before you try again.'],
  [2801, 'The hub did not answer in time. Look whether it was saved before you try again.'],
  [2805, 'There is no connection to the hub just now, so this was not saved.'],
]);

const KICKED = new Map([
  ['multipleAccount', 'This name was used to sign in elsewhere.'],
  ['multipleDevice', 'This name was used to sign in on another device.'],
  ['userSigExpired', 'The permission to use this name has expired.'],
  ['REST_API_Kick', 'The hub’s operator ended this session.'],
]);

/** One sentence for an error; for a code that is not ours to explain, the words of whoever raised it. */
export function errorSentence(error) {
  const known = SENTENCES.get(error?.code);
  if (known) return known;
  if (error?.code >= 70000 && error.code < 80000)
    return `The hub refused this name: ${error.message} (${error.code}).`;
  const words = String(error?.message || 'Something went wrong').replace(/\.$/, '');
  return error?.code ? `${words} (${error.code}).` : `${words}.`;
}

export const kickedSentence = (type) => KICKED.get(type) ?? 'The hub ended this session.';
