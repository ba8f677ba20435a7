/**
 * The conversation of a message in a group, as the message's ID tells: bytes of the groupID that a
 * token of NATS can't have are =HH. One that is in no group is by itself.
 *
 * @param {string} messageID
 */
export const conversationOf = (messageID) =>
  messageID.replace(
    /^g\.(.+)\..*/,
    (_, token) => `GROUP${decodeURIComponent(token.replaceAll('=', '%'))}`,
  );
