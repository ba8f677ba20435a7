/**
 * Exthub for browsers: messages with live key-value pairs ("message extensions") on them.
 *
 * ```js
 * import TencentCloudChat from '/sdk/index.js';
 *
 * const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
 * const { EVENT } = TencentCloudChat;
 * const draw = ({ data }) => console.log(data.messageID, data.extensions);
 * chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, draw);
 * await chat.login({ userID: 'alice', userSig });
 * ```
 *
 * This file is the manual. The names are those of Tencent Chat's web SDK. What is not there says
 * "Ours".
 *
 * ## Promises of this SDK
 *
 * - Every promise resolves with `{ code: 0, data }` or rejects with a {@link ChatError}. A call
 *   takes at most 15 s.
 * - Bad parameters throw at once, in your own stack, an
 *   `Error("Params validate failed. <what is wrong>")`.
 * - Your handlers get each change of a pair once, your own changes included, and never after a
 *   newer one. Values that were overwritten meanwhile may be skipped.
 * - A lost connection is replaced. Then the SDK fetches what your handlers missed, and they get it
 *   as usual, messages first:
 *     - changed pairs of every message whose extensions you read, set or got an event of (the 500
 *       most recently used),
 *     - new messages of every conversation that you listed, created, joined, sent to or got a
 *       message of (the newest 300 of each).
 */
declare const TencentCloudChat: {
  /**
   * Returns the chat of this app: the same object for the same SDKAppID, whatever the other
   * options, until destroy. Returns null if SDKAppID is not a number. Throws without a WebSocket
   * or, outside of a page, without a proxyServer.
   */
  create(options: CreateOptions): ChatSDK;
  readonly EVENT: typeof EVENT;
  readonly TYPES: typeof TYPES;
  readonly VERSION: string;
};
export default TencentCloudChat;

/** The meanings of the hub's error codes, and of its WebSocket's close codes (4000 to 4499). */
export declare const CODES: Readonly<Record<number, string>>;

export interface CreateOptions {
  SDKAppID: number;
  /**
   * The WebSocket address of the hub. Default: `/ws` on the host that served the page, with `wss:`
   * if the page came by `https:`.
   */
  proxyServer?: string;
  /**
   * Ours: a class like the browser's WebSocket, for where there is none. In Node 20 take that of
   * the package `ws`.
   */
  WebSocket?: new (url: string) => WebSocket;
}

export interface ChatSDK {
  /**
   * Connects and logs in. It tries once. After that the SDK replaces lost connections until logout,
   * KICKED_OUT or SDK_NOT_READY. If the same user is already logged in, it resolves with
   * `repeatLogin: true`.
   *
   * Rejects with 2002 (no userID), 2003 (no userSig), 2025 (somebody is logged in or logging in),
   * 2800 or 2801 (the hub cannot be reached), 3001 (userSig is a function and failed), 3005 (logged
   * out meanwhile), 10004 (not a userID), 70001 to 70052 (the UserSig is refused).
   */
  login(options: LoginOptions): Promise<Result<LoginResult>>;
  /**
   * Logs out. Always resolves, within 2 s, also if nobody is logged in. Calls under way reject with
   * 2800 or 3005.
   */
  logout(): Promise<Result<{}>>;
  /** Logs out, emits SDK_DESTROY, then removes all handlers. create makes a new object. */
  destroy(): Promise<void>;
  /** True from SDK_READY to SDK_NOT_READY, also while a lost connection is being replaced. */
  isReady(): boolean;
  /** Returns the userID that is logged in or logging in, or ''. */
  getLoginUser(): string;
  /** Returns the hub's time in Unix seconds, as message.time; before login this machine's. */
  getServerTime(): number;

  /** Calls the handler, with `this` set to the context, on each event of this name until off. */
  on<Name extends keyof EventData>(
    eventName: Name,
    handler: Handler<Name>,
    context?: unknown,
  ): void;
  /** Calls the handler on the next event of this name only. */
  once<Name extends keyof EventData>(
    eventName: Name,
    handler: Handler<Name>,
    context?: unknown,
  ): void;
  /** Removes the handler of this context; without a context, all its registrations. */
  off<Name extends keyof EventData>(
    eventName: Name,
    handler: Handler<Name>,
    context?: unknown,
  ): void;

  /** Returns a text message to send. Throws a ChatError 2999 to 3006 if nobody is logged in. */
  createTextMessage(options: MessageOptions<TextPayload>): Message;
  /**
   * Returns a message to send, whose payload is yours: by convention `data` is JSON. Throws as
   * createTextMessage does.
   */
  createCustomMessage(options: MessageOptions<Partial<CustomPayload>>): Message;
  /**
   * Sends a message. Resolves with the same object, which now has the hub's ID, time and sequence
   * and the status 'success'. MESSAGE_RECEIVED goes to the receivers and to your other sessions,
   * not to this one. If it fails, the status is 'fail' and the error's data has the message. The
   * same object may be sent again: the hub takes it once.
   *
   * Rejects with 2105 (not made by createXMessage), 2106 (conversationType), 10004 (a parameter
   * breaks a rule or a limit), 10007 (not a member), 10010 (no such group).
   */
  sendMessage(message: Message): Promise<Result<{ message: Message }>>;
  /**
   * Reads a page of a conversation, oldest message first: the newest `count` (default 15, at most
   * 15) before nextReqMessageID (default: the end).
   *
   * Rejects with 10007 (not a member), 10010 (no such group).
   */
  getMessageList(options: {
    conversationID: string;
    nextReqMessageID?: string;
    count?: number;
  }): Promise<Result<MessagePage>>;
  /** Returns the message if it is among the 1,000 that this session used last, else null. */
  findMessage(messageID: string): Message | null;

  /**
   * Adds pairs or changes them: at most 20, further ones are ignored with a warning on the console.
   * All members of the conversation get MESSAGE_EXTENSIONS_UPDATED, you too.
   *
   * Each pair has an answer of its own. Code 0: it was set. Code 23001: somebody changed it since
   * you last saw it, so nothing was written, and `value` is its value now, '' if it is gone. The
   * same call made again overwrites that value.
   *
   * Throws if message.status is not 'success' or message.isSupportExtension is not true, and for
   * an empty array. Rejects with 10004 (a key is empty, over 100 bytes or given twice, a value is
   * empty or over 1,000 bytes, or the message would have more than 300 pairs), 10007 (not a
   * member), 23002 (no extensions on this message), 23003 (more than 200 sets of it in a minute),
   * 23004 (no such message). The limits are the hub's defaults; LoginResult has those of your hub.
   */
  setMessageExtensions(
    message: Message,
    extensions: Extension[],
  ): Promise<Result<{ extensions: ExtensionResult[] }>>;
  /** Reads all pairs, least recently changed first. Throws and rejects as setMessageExtensions. */
  getMessageExtensions(message: Message): Promise<Result<{ extensions: Extension[] }>>;
  /**
   * Deletes the pairs of these keys, at most 20, and answers for each as setMessageExtensions does.
   * Without keyList, or with an empty one, it deletes all pairs, whoever changed them last, and
   * `extensions` is []. All members of the conversation get MESSAGE_EXTENSIONS_DELETED, you too.
   *
   * Throws and rejects as setMessageExtensions does.
   */
  deleteMessageExtensions(
    message: Message,
    keyList?: string[] | null,
  ): Promise<Result<{ extensions: ExtensionResult[] }>>;

  /**
   * Makes a group that you own, by default of TYPES.GRP_WORK.
   *
   * Rejects with 10004 (a parameter breaks a rule or a limit), 10015 (not a groupID), 10021
   * (somebody else has a group of this ID), 10025 (you have one).
   */
  createGroup(
    options: GroupOptions,
  ): Promise<Result<{ group: Group; overLimitUserIDList: string[] }>>;
  /**
   * Joins a group.
   *
   * Rejects with 10007 (this group takes invited members only), 10010 (no such group), 10014 (it
   * is full), 10015 (not a groupID).
   */
  joinGroup(options: { groupID: string }): Promise<Result<{ status: JoinStatus; group: Group }>>;
  /**
   * Leaves a group.
   *
   * Rejects with 10007 (not a member), 10009 (the owner may dismiss it but not leave, except a Work
   * group), 10010 (no such group).
   */
  quitGroup(groupID: string): Promise<Result<{ groupID: string }>>;
  /** Dismisses a group. Rejects with 10007 (not its owner), 10010 (no such group). */
  dismissGroup(groupID: string): Promise<Result<{ groupID: string }>>;
  /**
   * Reads a page of members: `count` (default 15, at most 100) from `offset` (default 0). The
   * offset that comes back is that of the next page, 0 at the end.
   *
   * Rejects with 10007 (not a member), 10010 (no such group).
   */
  getGroupMemberList(options: {
    groupID: string;
    count?: number;
    offset?: number;
  }): Promise<Result<MemberPage>>;
  /**
   * Adds members. failureUserIDList has those for whom the group had no room.
   *
   * Rejects with 10007 (you may not add members), 10010 (no such group).
   */
  addGroupMember(options: { groupID: string; userIDList: string[] }): Promise<Result<AddedMembers>>;
  /** Removes members. Rejects with 10007 (you may not remove them), 10010 (no such group). */
  deleteGroupMember(options: {
    groupID: string;
    userIDList: string[];
  }): Promise<Result<{ userIDList: string[] }>>;
}

export interface Result<Data> {
  code: 0;
  data: Data;
}

/**
 * What promises reject with. `code` is one of the hub's (see CODES) or of the SDK's own:
 *
 * | code | meaning |
 * |---|---|
 * | 2002, 2003, 2025 | see login |
 * | 2105, 2106 | see sendMessage |
 * | 2800 | the connection was lost after the call was sent, so it may have been done (1) |
 * | 2801 | no answer in time, so it may have been done |
 * | 2805 | no connection in time, so nothing was sent |
 * | 2999 | nobody was logged in yet |
 * | 3000, 3001, 3005 | still logging in; the login failed; logged out |
 * | 3002, 3003 | kicked out: multipleDevice, multipleAccount |
 * | 3004, 3006 | kicked out: userSigExpired, REST_API_Kick |
 *
 * (1) Calls that only read do not reject with it: they are sent again.
 */
export interface ChatError extends Error {
  code: number;
  data: Record<string, any>;
}

export interface LoginOptions {
  userID: string;
  /**
   * Ours: may be a function that gets a fresh UserSig. It is called before each connection, so an
   * expired UserSig does not end the session.
   */
  userSig: string | (() => string | Promise<string>);
}

export interface LoginResult {
  actionStatus: 'OK';
  errorCode: 0;
  errorInfo: string;
  /** True if this user was logged in already. Then the fields below are absent. */
  repeatLogin?: boolean;
  userID?: string;
  sessionID?: string;
  /** Whether you are an app admin, who overwrites pairs without conflicts. */
  admin?: boolean;
  /**
   * What this hub allows. messageRate is sets per message and minute, 0 for no limit; a fourth of
   * it is for one user.
   */
  limits?: {
    maxExtensions: number;
    maxExtensionsPerRequest: number;
    maxKeyBytes: number;
    maxValueBytes: number;
    messageRate: number;
    maxFrameBytes: number;
  };
  /** Seconds between two pings. */
  heartbeatInterval?: number;
  /** The hub's time in Unix seconds. */
  time?: number;
  /**
   * Names the hub's data. If it differs from that of the last login, data was lost. The SDK adapts
   * by itself.
   */
  epoch?: string;
}

export interface MessageOptions<Payload> {
  /** The userID or groupID of the receiver. */
  to: string;
  conversationType: ConversationType;
  payload: Payload;
  /** Whether the message takes pairs. Default false; it cannot be changed later. */
  isSupportExtension?: boolean | 0 | 1;
  /** Your data, stored with the message. Default ''. */
  cloudCustomData?: string;
  /** Stays on your object only. Default TYPES.MSG_PRIORITY_NORMAL. */
  priority?: string;
}

export interface TextPayload {
  text: string;
}

/** Fields that were not given are ''. */
export interface CustomPayload {
  data: string;
  description: string;
  extension: string;
}

export interface Message {
  /** The messageID of events. The hub gives it; until the message is sent it is the SDK's own. */
  ID: string;
  type: 'TIMTextElem' | 'TIMCustomElem';
  payload: any;
  /** `C2C<userID of the other>` or `GROUP<groupID>`. */
  conversationID: string;
  conversationType: ConversationType;
  from: string;
  to: string;
  /** 'out' for your own, else 'in'. */
  flow: 'in' | 'out';
  /** Unix seconds: the hub's time, and until it is sent this machine's. */
  time: number;
  status: 'unSend' | 'success' | 'fail';
  /** In a group 1, 2, 3 and so on. In C2C the sender's own numbering. */
  sequence: number;
  random: number;
  clientSequence: number;
  clientTime: number;
  isSupportExtension: boolean;
  cloudCustomData: string;
  priority: string;

  /** '', as are the next two. This and all that follows never changes; programs may read it. */
  nick: string;
  avatar: string;
  nameCard: string;
  /** [] */
  atUserList: string[];
  /** false */
  isPeerRead: boolean;
  isRevoked: boolean;
  isDeleted: boolean;
  isModified: boolean;
  needReadReceipt: boolean;
  isBroadcastMessage: boolean;
  hasRiskContent: boolean;
  revoker: string;
  revokerInfo: { userID: string; nick: string; avatar: string };
  revokeReason: string;
}

export interface MessagePage {
  messageList: Message[];
  /** The nextReqMessageID of the next, older page; '' if isCompleted. */
  nextReqMessageID: string;
  isCompleted: boolean;
}

export interface Extension {
  key: string;
  value: string;
}

export interface ExtensionResult extends Extension {
  code: number;
}

export interface GroupOptions {
  name: string;
  type?: GroupType;
  /** Default: the hub chooses one. */
  groupID?: string;
  memberList?: { userID: string }[];
}

export interface Group {
  groupID: string;
  type: GroupType;
  name: string;
  /** '' if an app admin made it without an owner. */
  ownerID: string;
  joinOption: 'FreeAccess' | 'NeedPermission' | 'DisableApply';
  /** Unix seconds. */
  createTime: number;
}

export interface GroupMember {
  userID: string;
  role: 'Owner' | 'Admin' | 'Member';
  /** Unix seconds. */
  joinTime: number;
}

export interface MemberPage {
  memberList: GroupMember[];
  offset: number;
}

export interface AddedMembers {
  successUserIDList: string[];
  failureUserIDList: string[];
  existedUserIDList: string[];
}

export type ConversationType = 'C2C' | 'GROUP';
export type GroupType = 'Private' | 'Public' | 'ChatRoom' | 'AVChatRoom' | 'Community';
export type JoinStatus = 'JoinedSuccess' | 'AlreadyInGroup' | 'WaitAdminApproval';
export type NetState = 'connected' | 'connecting' | 'disconnected';
export type KickedOutType =
  'multipleAccount' | 'multipleDevice' | 'userSigExpired' | 'REST_API_Kick';

export type Handler<Name extends keyof EventData> = (
  this: any,
  event: { name: Name; data: EventData[Name] },
) => void;

/** What each event carries in `data`. */
export interface EventData {
  /** After a login, but not after a lost connection was replaced. */
  sdkStateReady: undefined;
  /** After logout or KICKED_OUT, or when the hub does not take the session back. */
  sdkStateNotReady: undefined;
  /** After destroy. */
  sdkDestroy: { SDKAppID: number };
  /**
   * When the state changes. 'connecting': an attempt has begun. 'connected': logged in.
   * 'disconnected': an attempt failed, or a connection was lost. While isReady(), the next attempt
   * follows by itself: after a random time up to 0.5 s, 1 s, 2 s and so on to 20 s, or at once when
   * the page is shown or the machine is online again.
   */
  netStateChange: { state: NetState };
  /** When the session was ended. SDK_NOT_READY follows, and no further attempt. */
  kickedOut: { type: KickedOutType };
  /** Messages of others, or yours from another session; oldest first. */
  onMessageReceived: Message[];
  /** Pairs that are new or have a new value. */
  onMessageExtensionsUpdated: { messageID: string; extensions: Extension[] };
  /** Keys of pairs that are gone, also when the hub lost their message. */
  onMessageExtensionsDeleted: { messageID: string; keyList: string[] };
}

declare const EVENT: {
  readonly SDK_READY: 'sdkStateReady';
  readonly SDK_NOT_READY: 'sdkStateNotReady';
  readonly SDK_DESTROY: 'sdkDestroy';
  readonly NET_STATE_CHANGE: 'netStateChange';
  readonly KICKED_OUT: 'kickedOut';
  readonly MESSAGE_RECEIVED: 'onMessageReceived';
  readonly MESSAGE_EXTENSIONS_UPDATED: 'onMessageExtensionsUpdated';
  readonly MESSAGE_EXTENSIONS_DELETED: 'onMessageExtensionsDeleted';
};

declare const TYPES: {
  readonly CONV_C2C: 'C2C';
  readonly CONV_GROUP: 'GROUP';
  readonly GRP_WORK: 'Private';
  readonly GRP_PUBLIC: 'Public';
  readonly GRP_MEETING: 'ChatRoom';
  readonly GRP_AVCHATROOM: 'AVChatRoom';
  readonly GRP_COMMUNITY: 'Community';
  readonly GRP_MBR_ROLE_OWNER: 'Owner';
  readonly GRP_MBR_ROLE_ADMIN: 'Admin';
  readonly GRP_MBR_ROLE_MEMBER: 'Member';
  readonly MSG_TEXT: 'TIMTextElem';
  readonly MSG_CUSTOM: 'TIMCustomElem';
  readonly MSG_PRIORITY_HIGH: 'High';
  readonly MSG_PRIORITY_NORMAL: 'Normal';
  readonly MSG_PRIORITY_LOW: 'Low';
  readonly MSG_PRIORITY_LOWEST: 'Lowest';
  readonly JOIN_STATUS_SUCCESS: 'JoinedSuccess';
  readonly JOIN_STATUS_ALREADY_IN_GROUP: 'AlreadyInGroup';
  readonly JOIN_STATUS_WAIT_APPROVAL: 'WaitAdminApproval';
  readonly NET_STATE_CONNECTED: 'connected';
  readonly NET_STATE_CONNECTING: 'connecting';
  readonly NET_STATE_DISCONNECTED: 'disconnected';
  readonly KICKED_OUT_MULT_ACCOUNT: 'multipleAccount';
  readonly KICKED_OUT_MULT_DEVICE: 'multipleDevice';
  readonly KICKED_OUT_USERSIG_EXPIRED: 'userSigExpired';
  readonly KICKED_OUT_REST_API: 'REST_API_Kick';
};
