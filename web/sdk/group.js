import { TYPES } from './constants.js';
import { isObject, isText, must } from './errors.js';

/**
 * @typedef {import('./session.js').Session} Session
 */

/** Groups and who is in them. */
export class Groups {
  #session;

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
  }

  /** @param {any} options */
  async create({ name, type = TYPES.GRP_WORK, groupID, memberList }) {
    const { group } = await this.#session.call('createGroup', { name, type, groupID, memberList });
    this.#session.history.opened(TYPES.CONV_GROUP + group.groupID);
    return { group, overLimitUserIDList: [] };
  }

  /** @param {any} options */
  async join({ groupID }) {
    const { status, group } = await this.#session.call('joinGroup', { groupID });
    if (status === TYPES.JOIN_STATUS_SUCCESS) this.#session.history.opened(TYPES.CONV_GROUP + groupID);
    return { status, group };
  }

  /**
   * @param {'quitGroup' | 'dismissGroup'} method
   * @param {string} groupID
   */
  async leave(method, groupID) {
    await this.#session.call(method, { groupID });
    this.#session.history.left(TYPES.CONV_GROUP + groupID);
    return { groupID };
  }

  /** @param {any} options */
  async members({ groupID, count = 15, offset = 0 }) {
    const params = { groupID, count: Math.min(count, 100), offset };
    const reply = await this.#session.call('getGroupMemberList', params, { reads: true });
    return { memberList: reply.memberList, offset: reply.offset };
  }

  /** @param {any} options */
  async add({ groupID, userIDList }) {
    const reply = await this.#session.call('addGroupMember', { groupID, userIDList });
    const { successUserIDList, failureUserIDList, existedUserIDList } = reply;
    return { successUserIDList, failureUserIDList, existedUserIDList };
  }

  /** @param {any} options */
  async remove({ groupID, userIDList }) {
    const reply = await this.#session.call('deleteGroupMember', { groupID, userIDList });
    return { userIDList: reply.userIDList };
  }
}

/** @param {any} groupID */
export const mustBeGroupID = (groupID) => must(isText(groupID), 'groupID must be a string that is not empty.');

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
  must(Array.isArray(memberList) && memberList.every((one) => isText(one?.userID)), 'memberList must be an array of { userID }.');
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
  must(Array.isArray(userIDList) && userIDList.length > 0 && userIDList.every(isText), 'userIDList must be an array of userIDs.');
}
