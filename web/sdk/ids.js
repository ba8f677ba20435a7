/**
 * The beginning of the IDs of a group's messages: bytes that a token of NATS can't have are =HH.
 *
 * @param {string} groupID printable ASCII
 */
export const groupPrefix = (groupID) =>
  `g.${groupID.replace(
    /[^A-Za-z0-9_-]/g,
    (byte) => `=${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  )}.`;
