import { toGroup, toProfile } from './shapes.js';

/** Profiles that one request may ask for. */
const MAX_PROFILES = 100;

/** Directory asks the hub which groups the user is in, what they are, and who users are. */
export class Directory {
  _session;

  /** @param {import('./session.js').Session} session */
  constructor(session) {
    this._session = session;
  }

  async groups() {
    const { groupList } = await this._session.call('getGroupList', {}, { retry: true });
    return {
      groupList: groupList.map((/** @type {any} */ one) => toGroup(one, this._session.userID)),
    };
  }

  /** @param {{ groupID: string }} options */
  async group({ groupID }) {
    const { group } = await this._session.call('getGroupProfile', { groupID }, { retry: true });
    return { group: toGroup(group, this._session.userID) };
  }

  /** @param {string[]} userIDList */
  async profiles(userIDList) {
    const lists = [];
    for (let i = 0; i < userIDList.length; i += MAX_PROFILES) {
      const params = { userIDList: userIDList.slice(i, i + MAX_PROFILES) };
      lists.push(await this._session.call('getUserProfile', params, { retry: true }));
    }
    return lists.flatMap(({ profileList }) => profileList.map(toProfile));
  }

  /** @param {{ nick?: string, avatar?: string }} options */
  async updateProfile({ nick, avatar }) {
    const { profile } = await this._session.call(
      'updateMyProfile',
      { nick, avatar },
      { retry: true },
    );
    this._session.emit('onProfileUpdated', [toProfile(profile)]);
    return toProfile(profile);
  }
}
