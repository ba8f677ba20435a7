// Objects as apps of Tencent's SDK know them. Fields that the hub knows nothing of are empty.

const REMIND = 'AcceptAndNotify';

/** @param {any} wire a user's profile */
export const toProfile = ({ userID, nick = '', avatar = '' }) => ({
  userID,
  nick,
  avatar,
  gender: 'Gender_Type_Unknown',
  birthday: 0,
  location: '',
  selfSignature: '',
  allowType: 'AllowType_Type_AllowAny',
  language: 0,
  level: 0,
  role: 0,
  lastUpdatedTime: 0,
  profileCustomField: [],
});

/**
 * @param {any} wire a group, with the user as its member where that is known
 * @param {string} userID
 */
export const toGroup = ({ role = '', joinTime = 0, memberCount = 0, ...group }, userID) => ({
  ...group,
  memberCount,
  avatar: '',
  introduction: '',
  notification: '',
  infoSequence: 0,
  lastInfoTime: 0,
  lastMessage: {},
  maxMemberCount: 0,
  nextMessageSeq: 0,
  muteAllMembers: false,
  groupCustomField: [],
  isSupportTopic: false,
  selfInfo: { userID, role, joinTime, nameCard: '', messageRemindType: REMIND, muteTime: 0 },
});

/** @param {object} wire a member of a group */
export const toMember = (wire) => ({ ...wire, nameCard: '', muteUntil: 0, memberCustomField: [] });

/** @param {string} conversationID */
export const toConversation = (conversationID) => ({
  conversationID,
  /** @type {'C2C' | 'GROUP'} */
  type: conversationID.startsWith('GROUP') ? 'GROUP' : 'C2C',
  subType: '',
  unreadCount: 0,
  lastMessage: toLastMessage({}),
  /** @type {any} */
  groupProfile: undefined,
  /** @type {any} */
  userProfile: undefined,
  groupAtInfoList: [],
  remark: '',
  isPinned: false,
  messageRemindType: REMIND,
  markList: [],
  customData: '',
  conversationGroupList: [],
  draftText: '',
  peerReadTime: 0,
});

/**
 * @param {any} message of the hub or of a session, or {} if there is none
 * @returns {any}
 */
export const toLastMessage = ({ isRevoked = false, payload = null, ...message }) => ({
  ID: message.ID ?? '',
  type: message.type ?? '',
  payload,
  messageForShow: isRevoked || !payload ? '' : shownOf(payload),
  lastTime: message.time ?? 0,
  lastSequence: message.sequence ?? 0,
  fromAccount: message.from ?? '',
  nick: message.nick ?? '',
  cloudCustomData: message.cloudCustomData ?? '',
  nameCard: '',
  isRevoked,
  revoker: message.revoker ?? '',
  isPeerRead: false,
  onlineOnlyFlag: false,
});

/**
 * What a list shows of a message. One of the app's own says it in its description, if it has one.
 *
 * @param {{ text?: string, description?: string }} payload
 */
const shownOf = ({ text, description }) => text ?? (description || '[Custom Messages]');
