// The hub's limits on one message, as it has them by default. The page shows them early, so that nobody writes a long
// text in vain; the hub enforces them whatever the page believes.

export const MAX_PAIRS = 300;
export const MAX_VALUE_BYTES = 1000;

const encoder = new TextEncoder();

/** The length of a value as the hub counts it: bytes of UTF-8. */
export const byteLength = (value) => encoder.encode(value).length;

export const tooLong = (value) => byteLength(value) > MAX_VALUE_BYTES;

/** Says how much of a value's room is used once that matters: "" up to three quarters of it. */
export function lengthHint(value) {
  const used = byteLength(value);
  if (tooLong(value))
    return `${used - MAX_VALUE_BYTES} bytes too long: one answer holds ${MAX_VALUE_BYTES} bytes`;
  return used > MAX_VALUE_BYTES * 0.75
    ? `${MAX_VALUE_BYTES - used} of ${MAX_VALUE_BYTES} bytes left`
    : '';
}

/** Why a new pair has no place on a card that holds `size`, or "". */
export function fullProblem(size) {
  return size < MAX_PAIRS
    ? ''
    : `This card is full: it holds ${MAX_PAIRS} entries. One has to go before another can come.`;
}
