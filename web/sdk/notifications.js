import { EVENT } from './constants.js';

/**
 * What a session does with each notification of the hub. One that is not here is of a later hub.
 *
 * @type {Readonly<Record<string, (session: import('./session.js').Session, event: any) => void>>}
 */
export const NOTIFICATIONS = Object.freeze({
  MESSAGE_RECEIVED: ({ history }, { messages }) => history.onReceived(messages),
  MESSAGE_REVOKED: ({ history }, { messages }) => history.onRevoked(messages),
  MESSAGE_EXTENSIONS_UPDATED: ({ extensions }, event) => extensions.onUpdated(event),
  MESSAGE_EXTENSIONS_DELETED: ({ extensions }, event) => extensions.onDeleted(event),
  MESSAGE_EXTENSIONS_SUMMARY: ({ emit }, event) => emit(EVENT.MESSAGE_EXTENSIONS_SUMMARY, event),
  MESSAGE_EXTENSIONS_CLOSED: ({ emit }, event) => emit(EVENT.MESSAGE_EXTENSIONS_CLOSED, event),
  GROUP_JOINED: (session, event) => session.onJoined(event),
  GROUP_LEFT: (session, event) => session.onLeft(event),
  CONVERSATION_READ: ({ loadedLists }, mark) => loadedLists?.onRead(mark),
  PROFILE_UPDATED: (session, event) =>
    session.tellLists('onProfileUpdated', ({ directory }) => directory.onUpdated(event)),
});
