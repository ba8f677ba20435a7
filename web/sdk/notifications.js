import * as EVENT from './eventnames.js';

/**
 * What any session does with notifications of the hub. One that is not here is a ChatSession's, or
 * of a later hub.
 *
 * @type {Readonly<Record<string, (session: import('./session.js').Session, event: any) => void>>}
 */
export const NOTIFICATIONS = Object.freeze({
  KICKED_OUT: (session, event) => session.onKicked(event),
  MESSAGE_REVOKED: (session, { messages }) => session.onRevoked(messages),
  MESSAGE_EXTENSIONS_UPDATED: ({ extensions }, event) => extensions.onUpdated(event),
  MESSAGE_EXTENSIONS_DELETED: ({ extensions }, event) => extensions.onDeleted(event),
  MESSAGE_EXTENSIONS_SUMMARY: ({ emit }, event) => emit(EVENT.MESSAGE_EXTENSIONS_SUMMARY, event),
  MESSAGE_EXTENSIONS_CLOSED: ({ emit }, event) => emit(EVENT.MESSAGE_EXTENSIONS_CLOSED, event),
  GROUP_JOINED: (session, event) => session.onJoined(event),
  GROUP_LEFT: (session, event) => session.onLeft(event),
});
