// One by one: the module as a whole would put a helper into a file of its own, one more request.
import {
  SDK_READY,
  SDK_NOT_READY,
  SDK_DESTROY,
  MESSAGE_RECEIVED,
  MESSAGE_REVOKED,
  MESSAGE_EXTENSIONS_UPDATED,
  MESSAGE_EXTENSIONS_DELETED,
  MESSAGE_EXTENSIONS_SUMMARY,
  MESSAGE_EXTENSIONS_CLOSED,
  GROUP_JOINED,
  GROUP_LEFT,
  KICKED_OUT,
  NET_STATE_CHANGE,
} from './eventnames.js';
import {
  MSG_TEXT,
  MSG_CUSTOM,
  MSG_PRIORITY_NORMAL,
  CONV_C2C,
  CONV_GROUP,
  GRP_WORK,
  KICKED_OUT_MULT_ACCOUNT,
  KICKED_OUT_MULT_DEVICE,
  KICKED_OUT_USERSIG_EXPIRED,
  KICKED_OUT_REST_API,
} from './typenames.js';

export const VERSION = '0.1.0';

// EVENT, TYPES and TSignaling have every name of Tencent's web SDK 3.6, so that an app which
// mentions one runs. Events and types that the hub does not have never come; index.d.ts says which
// do, and lists them all. Here they are families: most values can be told from their names. They
// are in a file of their own for pages that name none of them, such as the widgets'.

/** @param {string} name SOME_NAME as someName; with one more _ in front, as SomeName */
const camel = (name) => name.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/**
 * @param {string} before what the names begin with
 * @param {string} names the rest of each
 * @param {(name: string, at: number) => string | number} value of such a rest
 * @returns {Record<string, string | number>}
 */
const family = (before, names, value) =>
  Object.fromEntries(names.split(' ').map((name, at) => [before + name, value(name, at)]));

/** @param {string} before what the values of a family begin with */
const after = (before) => (/** @type {string} */ name) => before + camel(`_${name}`);

/** @param {number} first value of a family that counts */
const from = (first) => (/** @type {string} */ _, /** @type {number} */ at) => first + at;

/** The events of `chat.on`. */
export const EVENT = Object.freeze({
  SDK_READY,
  SDK_NOT_READY,
  SDK_DESTROY,
  MESSAGE_RECEIVED,
  MESSAGE_REVOKED,
  MESSAGE_EXTENSIONS_UPDATED,
  MESSAGE_EXTENSIONS_DELETED,
  MESSAGE_EXTENSIONS_SUMMARY,
  MESSAGE_EXTENSIONS_CLOSED,
  GROUP_JOINED,
  GROUP_LEFT,
  KICKED_OUT,
  NET_STATE_CHANGE,
  ...family(
    '',
    'ROOM_CUSTOM_DATA_RECEIVED MESSAGE_MODIFIED MESSAGE_READ_BY_PEER ' +
      'MESSAGE_READ_RECEIPT_RECEIVED CONVERSATION_LIST_UPDATED ' +
      'TOTAL_UNREAD_MESSAGE_COUNT_UPDATED CONVERSATION_GROUP_LIST_UPDATED ' +
      'CONVERSATION_IN_GROUP_UPDATED GROUP_LIST_UPDATED GROUP_COUNTER_UPDATED ' +
      'TOPIC_CREATED TOPIC_DELETED TOPIC_UPDATED PROFILE_UPDATED USER_STATUS_UPDATED ' +
      'FRIEND_LIST_UPDATED FRIEND_GROUP_LIST_UPDATED FRIEND_APPLICATION_LIST_UPDATED ' +
      'MY_FOLLOWERS_LIST_UPDATED MY_FOLLOWING_LIST_UPDATED MUTUAL_FOLLOWERS_LIST_UPDATED ' +
      'ALL_RECEIVE_MESSAGE_OPT_UPDATED PINNED_GROUP_MESSAGE_UPDATED',
    after('on'),
  ),
  ...family('', 'GROUP_ATTRIBUTES_UPDATED BLACKLIST_UPDATED ERROR', camel),
});

export const TYPES = Object.freeze({
  MSG_TEXT,
  MSG_CUSTOM,
  MSG_PRIORITY_NORMAL,
  CONV_C2C,
  CONV_GROUP,
  GRP_WORK,
  KICKED_OUT_MULT_ACCOUNT,
  KICKED_OUT_MULT_DEVICE,
  KICKED_OUT_USERSIG_EXPIRED,
  KICKED_OUT_REST_API,
  MSG_IMAGE: 'TIMImageElem',
  MSG_AUDIO: 'TIMSoundElem',
  MSG_FILE: 'TIMFileElem',
  MSG_FACE: 'TIMFaceElem',
  MSG_VIDEO: 'TIMVideoFileElem',
  MSG_LOCATION: 'TIMLocationElem',
  MSG_GRP_TIP: 'TIMGroupTipElem',
  MSG_GRP_SYS_NOTICE: 'TIMGroupSystemNoticeElem',
  MSG_MERGER: 'TIMRelayElem',
  MSG_AT_ALL: '__kImSDK_MesssageAtALL__',
  ...family('MSG_PRIORITY_', 'HIGH LOW LOWEST', after('')),

  CONV_TOPIC: 'TOPIC',
  CONV_SYSTEM: '@TIM#SYSTEM',
  ...family('CONV_AT_', 'ME ALL ALL_AT_ME', from(1)),
  ...family('CONV_MARK_TYPE_', 'STAR UNREAD FOLD HIDE', from(1)),

  GRP_MEETING: 'ChatRoom',
  GRP_AVCHATROOM: 'AVChatRoom',
  ...family('GRP_', 'PUBLIC COMMUNITY', after('')),
  ...family('GRP_MBR_ROLE_', 'OWNER ADMIN MEMBER CUSTOM', after('')),
  ...family(
    'GRP_TIP_',
    'MBR_JOIN MBR_QUIT MBR_KICKED_OUT MBR_SET_ADMIN MBR_CANCELED_ADMIN ' +
      'GRP_PROFILE_UPDATED MBR_PROFILE_UPDATED',
    from(1),
  ),
  ...family('GRP_TIP_', 'BAN_AVCHATROOM_MEMBER UNBAN_AVCHATROOM_MEMBER', from(10)),
  GRP_PROFILE_OWNER_ID: 'ownerID',
  GRP_PROFILE_MUTE_ALL_MBRS: 'muteAllMembers',
  ...family(
    'GRP_PROFILE_',
    'CREATE_TIME LAST_INFO_TIME MEMBER_NUM MAX_MEMBER_NUM JOIN_OPTION INTRODUCTION NOTIFICATION',
    camel,
  ),

  MSG_REMIND_ACPT_AND_NOTE: 'AcceptAndNotify',
  MSG_REMIND_ACPT_NOT_NOTE: 'AcceptNotNotify',
  MSG_REMIND_DISCARD: 'Discard',
  NOT_RECEIVE_OFFLINE_PUSH_EXCEPT_AT: 'AcceptNotNotifyExceptAt',
  NOT_RECEIVE_MSG_EXCEPT_AT: 'NotReceiveMsgExceptAt',

  ...family('GENDER_', 'UNKNOWN FEMALE MALE', after('Gender_Type_')),
  ...family('ALLOW_TYPE_', 'ALLOW_ANY NEED_CONFIRM DENY_ANY', after('AllowType_Type_')),
  ...family('FORBID_TYPE_', 'NONE SEND_OUT', after('AdminForbid_Type_')),
  ...family('JOIN_OPTIONS_', 'FREE_ACCESS NEED_PERMISSION DISABLE_APPLY', after('')),
  JOIN_STATUS_SUCCESS: 'JoinedSuccess',
  JOIN_STATUS_ALREADY_IN_GROUP: 'AlreadyInGroup',
  JOIN_STATUS_WAIT_APPROVAL: 'WaitAdminApproval',

  ...family('SNS_ADD_TYPE_', 'SINGLE BOTH', after('Add_Type_')),
  ...family('SNS_DELETE_TYPE_', 'SINGLE BOTH', after('Delete_Type_')),
  SNS_APPLICATION_TYPE_BOTH: 'Pendency_Type_Both',
  SNS_APPLICATION_SENT_TO_ME: 'Pendency_Type_ComeIn',
  SNS_APPLICATION_SENT_BY_ME: 'Pendency_Type_SendOut',
  ...family('SNS_APPLICATION_', 'AGREE AGREE_AND_ADD', after('Response_Action_')),
  ...family('SNS_CHECK_TYPE_', 'BOTH SINGLE', after('CheckResult_Type_')),
  ...family('SNS_TYPE_', 'NO_RELATION A_WITH_B B_WITH_A BOTH_WAY', after('CheckResult_Type_')),

  ...family('NET_STATE_', 'CONNECTED CONNECTING DISCONNECTED', camel),

  READ_ALL_C2C_MSG: 'readAllC2CMessage',
  READ_ALL_GROUP_MSG: 'readAllGroupMessage',
  READ_ALL_MSG: 'readAllMessage',

  ...family('USER_STATUS_', 'UNKNOWN ONLINE OFFLINE UNLOGINED', from(0)),

  IOS_OFFLINE_PUSH_NO_SOUND: 'push.no_sound',
  IOS_OFFLINE_PUSH_DEFAULT_SOUND: 'default',
});

export const TSignaling = Object.freeze({
  NEW_INVITATION_RECEIVED: 'newInvitationReceived',
  ...family(
    '',
    'INVITEE_ACCEPTED INVITEE_REJECTED INVITATION_CANCELLED INVITATION_TIMEOUT INVITATION_MODIFIED',
    (name) => `ts_${name.toLowerCase()}`,
  ),
  ...family(
    'ACTION_TYPE_',
    'UNKNOWN INVITE CANCEL_INVITE ACCEPT_INVITE REJECT_INVITE INVITE_TIMEOUT',
    from(0),
  ),
});
