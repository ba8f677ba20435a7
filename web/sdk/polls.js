/**
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./message.js').Message} Message
 */

/** Polls reads what the pairs of messages come to, and closes those that have rules. */
export class Polls {
  _session;

  /** @param {Session} session */
  constructor(session) {
    this._session = session;
  }

  /** @param {Message} message */
  async summary({ ID: messageID }) {
    const params = { messageID };
    return this._session.call('getMessageExtensionSummary', params, { retry: true });
  }

  /**
   * Closing twice is closing once, so it is asked again after a lost connection.
   *
   * @param {Message} message
   * @param {number} [closeAt]
   */
  async close({ ID: messageID }, closeAt) {
    return this._session.call('closeMessageExtensions', { messageID, closeAt }, { retry: true });
  }
}
