// The hub's default limits on one message. The page shows them early, so that nobody writes a long
// text in vain; the hub enforces its own.

export const MAX_PAIRS = 300;
export const MAX_VALUE_BYTES = 1000;

const encoder = new TextEncoder();

/** The length of a value as the hub counts it: bytes of UTF-8. */
export const byteLength = (value) => encoder.encode(value).length;

/** Whether the hub would refuse the value. */
export const tooLong = (value) => byteLength(value) > MAX_VALUE_BYTES;

/** How many bytes are left, or too many, in a sentence; "" up to three quarters of the limit. */
export function lengthHint(value) {
  const used = byteLength(value);
  if (tooLong(value))
    return `${used - MAX_VALUE_BYTES} bytes too long: one answer holds ${MAX_VALUE_BYTES} bytes`;
  return used > MAX_VALUE_BYTES * 0.75
    ? `${MAX_VALUE_BYTES - used} of ${MAX_VALUE_BYTES} bytes left`
    : '';
}

/** Why a card with `size` pairs takes no new one, in a sentence, or "". */
export function fullProblem(size) {
  return size < MAX_PAIRS
    ? ''
    : `This card is full: it holds ${MAX_PAIRS} entries. One has to go before another can come.`;
}
