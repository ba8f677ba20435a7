/**
 * Exthub for browsers: messages with live key-value pairs ("message extensions") on them.
 *
 * ```js
 * import TencentCloudChat from '/sdk/index.js';
 *
 * const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
 * chat.on(TencentCloudChat.EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data }) => draw(data.messageID, data.extensions));
 * await chat.login({ userID: 'alice', userSig });
 * ```
 *
 * This file is the manual. The names are those of Tencent Chat's web SDK; what is ours is marked so.
 *
 * ## Promises of this SDK
 * - Every promise resolves `{ code: 0, data }` or rejects with a {@link ChatError}, and none stays open: a call has 15 s.
 * - Bad parameters throw at once, in your own stack: `Error("Params validate failed. <what is wrong>")`.
 * - Each change of a pair reaches your handlers once, your own changes included, and never after a newer one.
 *   Values that were overwritten in between may be skipped.
 * - A lost connection comes back by itself. What your handlers missed is fetched then and told them as usual:
 *   changed pairs of every message whose extensions you read, set or heard of (the 500 used last), and new messages of
 *   every conversation that you listed, created, joined, sent to or heard from (the newest 300 of each). Messages are told first.
 */
declare const TencentCloudChat: {
  /**
   * The chat of this app. Called again with the same SDKAppID it returns the same object, whatever the other
   * options. Returns null if SDKAppID is not a number.
   */
  create(options: CreateOptions): ChatSDK;
  readonly EVENT: typeof EVENT;
  readonly TYPES: typeof TYPES;
  readonly VERSION: string;
};
export default TencentCloudChat;

/** What a code means: the hub's error codes, and the close codes of its WebSocket (4000 to 4499). */
export declare const CODES: Readonly<Record<number, string>>;

export interface CreateOptions {
  SDKAppID: number;
  /** The WebSocket address of the hub. Default: `/ws` on the host that served the page, `wss:` if the page came by `https:`. */
  proxyServer?: string;
  /** Ours: a class like the browser's WebSocket, for where there is none (Node 20: that of the package `ws`). */
  WebSocket?: new (url: string) => WebSocket;
}

export interface ChatSDK {
  /**
   * Connects and logs in. One attempt: if it fails, nothing is retried. Once it has succeeded the connection is
   * kept, over as many sockets as it takes, until logout, KICKED_OUT or SDK_NOT_READY.
   *
   * Already logged in as the same user: resolves with `repeatLogin: true`.
   * Rejects with 2002 (no userID), 2003 (no userSig), 2025 (somebody is logged in, or is just being logged in), 2800 or 2801 (the hub
   * cannot be reached), 3001 (userSig, as a function, failed), 3005 (logged out meanwhile), 10004 (not a userID), 70001 to 70020 (the UserSig is refused).
   */
  login(options: LoginOptions): Promise<Result<LoginResult>>;
  /** Leaves. Always resolves, also if nobody was logged in. Calls that are under way are rejected with 2800 or 3005. */
  logout(): Promise<Result<{}>>;
  /** logout, then SDK_DESTROY, then all handlers are forgotten; create makes a new object. */
  destroy(): Promise<void>;
  /** True from SDK_READY to SDK_NOT_READY, also while the connection is being restored. */
  isReady(): boolean;
  /** The userID that is logged in, or ''. */
  getLoginUser(): string;
  /** The hub's clock in seconds, as in message.time. Before login: this machine's. */
  getServerTime(): number;

  /** Calls the handler, with `this` set to the context, on each such event until off. */
  on<Name extends keyof EventData>(
    eventName: Name,
    handler: Handler<Name>,
    context?: unknown,
  ): void;
  /** As on, but once. */
  once<Name extends keyof EventData>(
    eventName: Name,
    handler: Handler<Name>,
    context?: unknown,
  ): void;
  /** Forgets the handler; without a context, under every context. */
  off<Name extends keyof EventData>(
    eventName: Name,
    handler: Handler<Name>,
    context?: unknown,
  ): void;

  /** A message to send. Throws a ChatError 2999 to 3006 if nobody is logged in. */
  createTextMessage(options: MessageOptions<TextPayload>): Message;
  /** A message to send, whose payload is yours: by convention `data` is JSON. Throws as createTextMessage. */
  createCustomMessage(options: MessageOptions<Partial<CustomPayload>>): Message;
  /**
   * Sends it. The same object comes back, with the hub's ID, time and sequence and the status 'success'. There is no
   * MESSAGE_RECEIVED for it here; the receiver's sessions and your other ones get it.
   * If it fails the status is 'fail' and the error's data has the message; the same object may be sent again, and the hub
   * takes it once.
   * Rejects with 2105 (not made by createXMessage), 2106 (conversationType), 10004 (a parameter), 10007 (not a member), 10010 (no such group).
   */
  sendMessage(message: Message): Promise<Result<{ message: Message }>>;
  /**
   * A page of a conversation, oldest message first: the newest `count` (default and at most 15) before nextReqMessageID (default: the end).
   * Rejects with 10007 (not a member), 10010 (no such group).
   */
  getMessageList(options: {
    conversationID: string;
    nextReqMessageID?: string;
    count?: number;
  }): Promise<Result<MessagePage>>;
  /** The message, if it is one of the 1,000 that this session saw last; else null. */
  findMessage(messageID: string): Message | null;

  /**
   * Adds pairs or changes them: at most 20 (the hub's limit), further ones are ignored with a warning. Everybody in the conversation gets
   * MESSAGE_EXTENSIONS_UPDATED, you too.
   *
   * Each pair has its own answer. `code` 0: done. 23001: somebody changed it since you last saw it; nothing was
   * written and `value` is the value as it is now, '' if it is gone. The same call made again overwrites that one.
   *
   * Throws unless message.status is 'success' and message.isSupportExtension is true, and for an empty array.
   * Rejects with 10004 (empty or too long: key 1 to 100 bytes, value 1 to 1,000; a key twice; more than 300 pairs),
   * 10007 (not a member), 23002 (no extensions on this message), 23003 (more than 200 sets a minute on it), 23004 (no such message).
   */
  setMessageExtensions(
    message: Message,
    extensions: Extension[],
  ): Promise<Result<{ extensions: ExtensionResult[] }>>;
  /** All pairs, the one changed longest ago first. Throws and rejects as setMessageExtensions. */
  getMessageExtensions(message: Message): Promise<Result<{ extensions: Extension[] }>>;
  /**
   * Deletes the pairs of these keys (at most 20), each answered as by setMessageExtensions. Without keyList, or with an empty one, it clears:
   * all pairs go, whoever changed them last, and `extensions` is [].
   * Everybody in the conversation gets MESSAGE_EXTENSIONS_DELETED, you too. Throws and rejects as setMessageExtensions.
   */
  deleteMessageExtensions(
    message: Message,
    keyList?: string[] | null,
  ): Promise<Result<{ extensions: ExtensionResult[] }>>;

  /** Default type: TYPES.GRP_WORK. Rejects with 10004 (a parameter), 10015 (not a groupID), 10021 or 10025 (it is taken; by you, if 10025). */
  createGroup(
    options: GroupOptions,
  ): Promise<Result<{ group: Group; overLimitUserIDList: string[] }>>;
  /** Rejects with 10007 (this group is joined by invitation), 10010 (no such group), 10014 (it is full). */
  joinGroup(options: { groupID: string }): Promise<Result<{ status: JoinStatus; group: Group }>>;
  /** Rejects with 10007 (not a member), 10009 (the owner dismisses instead, unless it is a Work group), 10010 (no such group). */
  quitGroup(groupID: string): Promise<Result<{ groupID: string }>>;
  /** For the owner. Rejects with 10007 (not the owner), 10010 (no such group). */
  dismissGroup(groupID: string): Promise<Result<{ groupID: string }>>;
  /** `count` (default 15, at most 100) members from `offset` (default 0) on. The offset that comes back is the next one, 0 at the end. */
  getGroupMemberList(options: {
    groupID: string;
    count?: number;
    offset?: number;
  }): Promise<Result<MemberPage>>;
  /** failureUserIDList: there was no room for them. Rejects with 10007 (may not add members), 10010 (no such group). */
  addGroupMember(options: { groupID: string; userIDList: string[] }): Promise<Result<AddedMembers>>;
  /** Rejects with 10007 (may not remove them), 10010 (no such group). */
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
 * What promises are rejected with. `code` is the hub's (see CODES) or one of the SDK's own:
 *
 * | code | |
 * |---|---|
 * | 2002, 2003, 2025 | see login |
 * | 2105, 2106 | see sendMessage |
 * | 2800 | the connection went while the hub had the call: it may or may not have been done. Calls that only read are sent again instead |
 * | 2801 | no answer in time: it may or may not have been done |
 * | 2805 | no connection within the time of the call: nothing was sent |
 * | 2999 | never logged in |
 * | 3000, 3001, 3005 | just logging in; the login failed; logged out |
 * | 3002, 3003, 3004, 3006 | kicked out: multipleDevice, multipleAccount, userSigExpired, REST_API_Kick |
 */
export interface ChatError extends Error {
  code: number;
  data: Record<string, any>;
}

export interface LoginOptions {
  userID: string;
  /**
   * Ours: may be a function that gets a fresh UserSig. It is asked before each connection, and when the last one has
   * expired, which then does not end the session.
   */
  userSig: string | (() => string | Promise<string>);
}

export interface LoginResult {
  actionStatus: 'OK';
  errorCode: 0;
  errorInfo: string;
  /** There was a session of this user already; the fields below are absent. */
  repeatLogin?: boolean;
  userID?: string;
  sessionID?: string;
  /** Logged in as an app admin, who may change pairs without regard to what others did meanwhile. */
  admin?: boolean;
  /** What this hub allows; messageRate is sets per minute and message, 0 for no limit. */
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
  /** The hub's clock, in seconds. */
  time?: number;
  /** Names the hub's data. Another one than at the last login: they, or the last of them, were lost. The SDK follows by itself. */
  epoch?: string;
}

export interface MessageOptions<Payload> {
  /** userID or groupID of the receiver. */
  to: string;
  conversationType: ConversationType;
  payload: Payload;
  /** Allow pairs on this message. Default false; cannot be changed later. */
  isSupportExtension?: boolean | 0 | 1;
  /** Yours, kept with the message. Default ''. */
  cloudCustomData?: string;
  /** Kept on your object only. Default Normal. */
  priority?: string;
}

export interface TextPayload {
  text: string;
}

/** Absent fields are ''. */
export interface CustomPayload {
  data: string;
  description: string;
  extension: string;
}

export interface Message {
  /** The hub's, and the messageID of events. Until the message is sent: one of our own. */
  ID: string;
  type: 'TIMTextElem' | 'TIMCustomElem';
  payload: any;
  /** As you see it: `C2C<the other user>` or `GROUP<groupID>`. */
  conversationID: string;
  conversationType: ConversationType;
  from: string;
  to: string;
  /** 'out' if it is yours. */
  flow: 'in' | 'out';
  /** Seconds; the hub's, once it is sent. */
  time: number;
  status: 'unSend' | 'success' | 'fail';
  /** Group: 1, 2, 3 and so on. C2C: the sender's own numbering. */
  sequence: number;
  random: number;
  clientSequence: number;
  clientTime: number;
  isSupportExtension: boolean;
  cloudCustomData: string;
  priority: string;

  /** From here on: always as shown here, for programs that look. '' */
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
  /** Where the next, older page starts; '' when isCompleted. */
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
  /** Default: the hub makes one. */
  groupID?: string;
  memberList?: { userID: string }[];
}

export interface Group {
  groupID: string;
  type: GroupType;
  name: string;
  /** '' if an app admin made it for nobody. */
  ownerID: string;
  joinOption: 'FreeAccess' | 'NeedPermission' | 'DisableApply';
  /** Seconds. */
  createTime: number;
}

export interface GroupMember {
  userID: string;
  role: 'Owner' | 'Admin' | 'Member';
  /** Seconds. */
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
  /** After each login that succeeded; not after a lost connection. */
  sdkStateReady: undefined;
  /** After logout, KICKED_OUT, or when the hub refuses to have the session back. */
  sdkStateNotReady: undefined;
  /** After destroy. */
  sdkDestroy: { SDKAppID: number };
  /**
   * Only when it changes. 'connecting': an attempt is being made. 'connected': logged in. 'disconnected': an attempt or a
   * connection failed. The next attempt follows by itself while isReady(): after up to 0.5 s, 1 s, 2 s and so on to 20 s, chosen at
   * random, and at once when the page is shown or the machine is online again.
   */
  netStateChange: { state: NetState };
  /** SDK_NOT_READY follows. Nothing is retried. */
  kickedOut: { type: KickedOutType };
  /** Somebody else's messages, or yours from another session; oldest first. */
  onMessageReceived: Message[];
  /** Pairs that are new or have a new value. */
  onMessageExtensionsUpdated: { messageID: string; extensions: Extension[] };
  /** Pairs that are gone; also those of a message that went with the hub's data. */
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
