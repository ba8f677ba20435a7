import { customDraft, textDraft } from './params.js';
import * as TYPES from './typenames.js';

/** @typedef {import('./index.js').AnyMessage} Shape */

/**
 * Message is a message as the app holds it. There is one object per message and session: what
 * createCustomMessage returned is what findMessage finds after it was sent.
 *
 * @implements {Shape}
 */
export class Message {
  ID = '';
  /** @type {any} */
  type = TYPES.MSG_TEXT;
  /** @type {any} */
  payload = {};
  conversationID = '';
  /** @type {Shape['conversationType']} */
  conversationType = TYPES.CONV_C2C;
  from = '';
  to = '';
  /** @type {Shape['flow']} */
  flow = 'in';
  time = 0;
  /** @type {Shape['status']} */
  status = 'unSend';
  sequence = 0;
  random = 0;
  clientSequence = 0;
  clientTime = 0;
  isSupportExtension = false;
  cloudCustomData = '';
  isRevoked = false;
  revoker = '';
  revokerInfo = { userID: '', nick: '', avatar: '' };
  /** @type {Shape['priority']} */
  priority = TYPES.MSG_PRIORITY_NORMAL;

  nick = '';
  avatar = '';

  // Tencent's fields that the hub does not have. They never change.
  nameCard = '';
  /** @type {string[]} */
  atUserList = [];
  isPeerRead = false;
  isDeleted = false;
  isModified = false;
  needReadReceipt = false;
  readReceiptInfo = {};
  isBroadcastMessage = false;
  hasRiskContent = false;
  revokeReason = '';

  /** @type {Shape['extensionRules']} */
  extensionRules;
}

/**
 * Copies what the hub says of the message, as far as a message has it. A recalled one loses its
 * content, as it did at the hub.
 *
 * @param {Message} message
 * @param {any} wire
 * @param {string} userID the reader
 */
export function updateFromWire(message, wire, userID) {
  for (const field of Object.keys(message))
    if (wire[field] !== undefined) Object.assign(message, { [field]: wire[field] });
  message.status = 'success';
  message.flow = message.from === userID ? 'out' : 'in';
  if (message.isRevoked) {
    message.revokerInfo.userID = message.revoker;
    Object.assign(message, { payload: {}, cloudCustomData: '' });
  }
  return message;
}

/**
 * The params of sendMessage.
 *
 * @param {Message} message
 */
export const toWire = ({
  to,
  conversationType,
  type,
  payload,
  isSupportExtension,
  random,
  clientSequence,
  cloudCustomData,
  extensionRules,
}) => ({
  to,
  conversationType,
  type,
  payload,
  isSupportExtension,
  random,
  clientSequence,
  cloudCustomData,
  extensionRules,
});

/** Drafts makes the messages of one user, and numbers them. */
export class Drafts {
  _userID;
  _sequence;

  /**
   * @param {string} userID
   * @param {Date} now
   */
  constructor(userID, now) {
    this._userID = userID;
    // Numbers have to rise across reloads of the page, so they start from the time of day.
    this._sequence = ((now.getHours() * 60 + now.getMinutes()) * 60 + now.getSeconds()) * 10_000;
  }

  /** @param {any} options */
  custom(options) {
    customDraft(options);
    const { data, description, extension } = options.payload;
    const payload = {
      data: data ?? '',
      description: description ?? '',
      extension: extension ?? '',
    };
    return this._draft(TYPES.MSG_CUSTOM, payload, options);
  }

  /** @param {any} options */
  text(options) {
    textDraft(options);
    const { text } = options.payload;
    return this._draft(TYPES.MSG_TEXT, { text }, options);
  }

  /**
   * @param {string} type
   * @param {object} payload
   * @param {any} options
   */
  _draft(
    type,
    payload,
    { to, conversationType, priority, cloudCustomData, isSupportExtension, extensionRules },
  ) {
    const random = Math.floor(Math.random() * 100_000_000);
    const clientTime = Math.floor(Date.now() / 1000);
    const clientSequence = ++this._sequence;
    return Object.assign(new Message(), {
      ID: `${this._userID}-${clientTime}-${random}`,
      conversationID: conversationType + to,
      from: this._userID,
      flow: 'out',
      time: clientTime,
      sequence: clientSequence,
      isSupportExtension: isSupportExtension === true || isSupportExtension === 1,
      priority: priority ?? TYPES.MSG_PRIORITY_NORMAL,
      type,
      payload,
      to,
      conversationType,
      cloudCustomData: cloudCustomData ?? '',
      random,
      clientTime,
      clientSequence,
      extensionRules,
    });
  }
}
