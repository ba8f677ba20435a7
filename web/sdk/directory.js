import { toGroup, toMember, toProfile } from './shapes.js';

/** Profiles that one request may ask for. */
const MAX_PROFILES = 100;

/** Directory asks the hub which groups the user is in, what they are, and who users are. */
export class Directory {
  _session;

  /** @param {import('./chatsession.js').ChatSession} session */
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

  /**
   * Adds what the hub's answer leaves out: the group, or fields of members. Where it can't be asked
   * what the group is, what was done is done all the same, so this is no reason to reject.
   *
   * @param {{ groupID?: string }} options of the method that was answered
   * @param {any} data
   */
  async describe({ groupID }, data) {
    if (data.memberList) return { ...data, memberList: data.memberList.map(toMember) };
    const known = data.group ?? { groupID };
    const { group } = await this.group(known).catch(() => ({
      group: toGroup(known, this._session.userID),
    }));
    return { overLimitUserIDList: [], ...data, group };
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

  async ownProfile() {
    return (await this.profiles([this._session.userID]))[0];
  }

  /** @param {{ nick?: string, avatar?: string }} options */
  async updateProfile({ nick, avatar }) {
    const { profile } = await this._session.call(
      'updateMyProfile',
      { nick, avatar },
      { retry: true },
    );
    return toProfile(profile);
  }

  /** @param {{ profile: any }} event the user's own, changed by this session or another one */
  onUpdated({ profile }) {
    this._session.emit('onProfileUpdated', [toProfile(profile)]);
  }

  /**
   * Finds out who or what the conversations are with, where that is not known.
   *
   * @param {import('./lists.js').Conversation[]} conversations
   */
  async introduce(conversations) {
    const strangers = conversations.filter((one) => one.type === 'C2C' && !one.userProfile);
    const profiles = await this.profiles(
      strangers.map((one) => one.conversationID.slice('C2C'.length)),
    );
    strangers.forEach((one, i) => (one.userProfile = profiles[i]));
    for (const one of conversations) {
      if (one.type !== 'GROUP' || one.groupProfile) continue;
      const groupID = one.conversationID.slice('GROUP'.length);
      one.groupProfile = (await this.group({ groupID })).group;
    }
    for (const one of conversations) one.subType = one.groupProfile?.type ?? '';
  }
}
