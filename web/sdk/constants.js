// The names that the SDK itself uses: what comes, and what it asks for. names.js has all of them.

export const EVENT = Object.freeze({
  SDK_READY: 'sdkStateReady',
  SDK_NOT_READY: 'sdkStateNotReady',
  SDK_DESTROY: 'sdkDestroy',
  MESSAGE_RECEIVED: 'onMessageReceived',
  MESSAGE_REVOKED: 'onMessageRevoked',
  MESSAGE_EXTENSIONS_UPDATED: 'onMessageExtensionsUpdated',
  MESSAGE_EXTENSIONS_DELETED: 'onMessageExtensionsDeleted',
  MESSAGE_EXTENSIONS_SUMMARY: 'onMessageExtensionsSummary',
  MESSAGE_EXTENSIONS_CLOSED: 'onMessageExtensionsClosed',
  GROUP_JOINED: 'onGroupJoined',
  GROUP_LEFT: 'onGroupLeft',
  KICKED_OUT: 'kickedOut',
  NET_STATE_CHANGE: 'netStateChange',
});

export const TYPES = Object.freeze({
  MSG_TEXT: 'TIMTextElem',
  MSG_CUSTOM: 'TIMCustomElem',
  MSG_PRIORITY_NORMAL: 'Normal',
  CONV_C2C: 'C2C',
  CONV_GROUP: 'GROUP',
  GRP_WORK: 'Private',
  KICKED_OUT_MULT_ACCOUNT: 'multipleAccount',
  KICKED_OUT_MULT_DEVICE: 'multipleDevice',
  KICKED_OUT_USERSIG_EXPIRED: 'userSigExpired',
  KICKED_OUT_REST_API: 'REST_API_Kick',
});
