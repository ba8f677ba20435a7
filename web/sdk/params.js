import { isObject, isText, must } from './errors.js';

/**
 * Checks what all three methods ask of a message.
 *
 * @param {any} message
 */
export function mustBeExtensible(message) {
  must(isObject(message) && isText(message.ID), 'message must be a Message.');
  must(message.status === 'success', 'message.status must be "success": send it first.');
  must(
    message.isSupportExtension === true,
    'message.isSupportExtension must be true: it was sent without.',
  );
}

/** @param {any} extensions */
export function mustBePairs(extensions) {
  must(
    Array.isArray(extensions) && extensions.length > 0,
    'extensions must be an array of 1 to 20 pairs.',
  );
  for (const pair of extensions) {
    must(
      isObject(pair) && typeof pair.key === 'string',
      'The key of an extension must be a string.',
    );
    must(
      typeof pair.value === 'string',
      `The value of the extension "${pair.key}" must be a string.`,
    );
  }
}

/** @param {any} keyList */
export function mustBeKeys(keyList) {
  if (keyList === undefined || keyList === null) return;
  must(
    Array.isArray(keyList) && keyList.every((key) => typeof key === 'string'),
    'keyList must be an array of strings.',
  );
}

/** @param {any} groupID */
export const mustBeGroupID = (groupID) =>
  must(isText(groupID), 'groupID must be a string that is not empty.');

/** @param {any} options */
export function mustBeGroup(options) {
  must(isObject(options), 'The options must be an object.');
  mustBeGroupID(options.groupID);
}

/** @param {any} options */
export function mustBeNewGroup(options) {
  must(isObject(options), 'The options must be an object.');
  const { name, type = '', groupID = '', memberList = [] } = options;
  must(isText(name), 'name must be a string that is not empty.');
  must(typeof type === 'string', 'type must be one of TYPES.GRP_*.');
  must(typeof groupID === 'string', 'groupID must be a string.');
  must(
    Array.isArray(memberList) && memberList.every((one) => isText(one?.userID)),
    'memberList must be an array of { userID }.',
  );
}

/** @param {any} options */
export function mustBePage(options) {
  mustBeGroup(options);
  const { count = 15, offset = 0 } = options;
  must(Number.isInteger(count) && count > 0, 'count must be an integer from 1 to 100.');
  must(Number.isInteger(offset) && offset >= 0, 'offset must be an integer, 0 or more.');
}

/** @param {any} options */
export function mustBeMembers(options) {
  mustBeGroup(options);
  const { userIDList } = options;
  must(
    Array.isArray(userIDList) && userIDList.length > 0 && userIDList.every(isText),
    'userIDList must be an array of userIDs.',
  );
}

/**
 * Checks the parameters of getMessageList.
 *
 * @param {any} options
 */
export function mustBeList(options) {
  must(isObject(options), 'The options must be an object.');
  const { conversationID, nextReqMessageID = '', count = 15 } = options;
  must(
    /^(C2C|GROUP)./.test(String(conversationID)),
    'conversationID must be C2C<userID> or GROUP<groupID>.',
  );
  must(typeof nextReqMessageID === 'string', 'nextReqMessageID must be a string.');
  must(Number.isInteger(count) && Number(count) > 0, 'count must be an integer from 1 to 15.');
}
