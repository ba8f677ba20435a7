import { TYPES } from './constants.js';

/**
 * @typedef {import('./session.js').Session} Session
 */

/** Groups makes, joins and leaves groups, and manages their members. */
export class Groups {
  _session;
  /** @type {Set<string>} the groups that a guest has joined, which the hub does not remember */
  _joined = new Set();

  /** @param {Session} session */
  constructor(session) {
    this._session = session;
  }

  /** @param {any} options */
  async create({ name, type = TYPES.GRP_WORK, groupID, guests, memberList }) {
    const params = { name, type, groupID, guests, memberList };
    const { group } = await this._session.call('createGroup', params);
    return { group, overLimitUserIDList: [] };
  }

  /** @param {any} options */
  async join({ groupID }) {
    const { status, group } = await this._session.call('joinGroup', { groupID });
    if (this._session.userID.startsWith('guest-')) this._joined.add(groupID);
    return { status, group };
  }

  /**
   * Joins again what a guest has joined: to the hub each connection is new. What comes of it the
   * reads of the catch-up tell, which go behind.
   */
  onLogin() {
    for (const groupID of this._joined)
      this._session.call('joinGroup', { groupID }).catch(() => {});
  }

  /**
   * @param {'quitGroup' | 'dismissGroup'} method
   * @param {string} groupID
   */
  async leave(method, groupID) {
    await this._session.call(method, { groupID });
    return { groupID };
  }

  /** @param {any} options */
  async members({ groupID, count = 15, offset = 0 }) {
    const params = { groupID, count: Math.min(count, 100), offset };
    const reply = await this._session.call('getGroupMemberList', params, { retry: true });
    return { memberList: reply.memberList, offset: reply.offset };
  }

  /** @param {any} options */
  async add({ groupID, userIDList }) {
    const reply = await this._session.call('addGroupMember', { groupID, userIDList });
    const { successUserIDList, failureUserIDList, existedUserIDList } = reply;
    return { successUserIDList, failureUserIDList, existedUserIDList };
  }

  /** @param {any} options */
  async remove({ groupID, userIDList }) {
    const reply = await this._session.call('deleteGroupMember', { groupID, userIDList });
    return { userIDList: reply.userIDList };
  }
}
