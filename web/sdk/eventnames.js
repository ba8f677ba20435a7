// The events that come. They are a module, so that a bundle has those that it names; names.js has
// all for apps.

export const SDK_READY = 'sdkStateReady';
export const SDK_NOT_READY = 'sdkStateNotReady';
export const SDK_DESTROY = 'sdkDestroy';
export const MESSAGE_RECEIVED = 'onMessageReceived';
export const MESSAGE_REVOKED = 'onMessageRevoked';
export const MESSAGE_EXTENSIONS_UPDATED = 'onMessageExtensionsUpdated';
export const MESSAGE_EXTENSIONS_DELETED = 'onMessageExtensionsDeleted';
export const MESSAGE_EXTENSIONS_SUMMARY = 'onMessageExtensionsSummary';
export const MESSAGE_EXTENSIONS_CLOSED = 'onMessageExtensionsClosed';
export const GROUP_JOINED = 'onGroupJoined';
export const GROUP_LEFT = 'onGroupLeft';
export const KICKED_OUT = 'kickedOut';
export const NET_STATE_CHANGE = 'netStateChange';
