import * as TYPES from './typenames.js';

/**
 * @typedef {import('./chatsession.js').ChatSession} Session
 */

/** Groups makes and leaves groups, and manages their members. */
export class Groups {
  _session;

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
