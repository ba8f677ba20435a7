// What people read when something fails. The codes are the hub's (PROTOCOL.md) and the SDK's own.

const SENTENCES = new Map([
  [10007, 'You are no longer a member of the demo group. Reload the page to join again.'],
  [10010, 'The demo group is gone. Reload the page to make a new one.'],
  [20023, 'This card was taken back.'],
  [23002, 'This message takes no answers.'],
  [23003, 'Too many changes on this card within a minute. Please wait a moment.'],
  [23004, 'This card no longer exists.'],
  [60007, 'The hub is busy. Please wait a moment.'],
  [70001, 'The permission to use this name has expired.'],
  [2800, 'The connection was lost. Check whether it was saved before you try again.'],
  [2801, 'The hub did not answer in time. Check whether it was saved before you try again.'],
  [2805, 'Not saved: there is no connection to the hub.'],
]);

const KICKED = new Map([
  ['multipleAccount', 'This name was used to sign in elsewhere.'],
  ['multipleDevice', 'This name was used to sign in on another device.'],
  ['userSigExpired', 'The permission to use this name has expired.'],
  ['REST_API_Kick', 'The hub’s operator ended this session.'],
]);

/** A sentence for an error: ours for the codes above, else the error's own text. */
export function errorSentence(error) {
  const known = SENTENCES.get(error?.code);
  if (known) return known;
  if (error?.code >= 70000 && error.code < 80000)
    return `The hub refused this name: ${error.message} (${error.code}).`;
  const words = String(error?.message || 'Something went wrong').replace(/\.$/, '');
  return error?.code ? `${words} (${error.code}).` : `${words}.`;
}

export const kickedSentence = (type) => KICKED.get(type) ?? 'The hub ended this session.';
