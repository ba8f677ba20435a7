import { EVENT, TYPES } from './constants.js';
import { ChatError, CLIENT, isText } from './errors.js';
import { Session } from './session.js';

/** The code that calls are rejected with after each type of KICKED_OUT. */
const KICKED_CODES = Object.freeze({
  [TYPES.KICKED_OUT_MULT_DEVICE]: CLIENT.KICKED_DEVICE,
  [TYPES.KICKED_OUT_MULT_ACCOUNT]: CLIENT.KICKED_ACCOUNT,
  [TYPES.KICKED_OUT_USERSIG_EXPIRED]: CLIENT.USER_SIG_EXPIRED,
  [TYPES.KICKED_OUT_REST_API]: CLIENT.KICKED_REST,
});

/** Milliseconds that logout waits for the hub. */
const LOGOUT_MS = 2_000;

/** Account knows who is logged in and, if nobody is, why not. */
export class Account {
  #sdkAppID;
  #environment;
  #events;
  /** @type {Session | null} */
  #session = null;
  /** @type {number} 0, or the code that calls are rejected with */
  #notReadyCode = CLIENT.NOT_READY;
  #netState = 'disconnected';

  /**
   * @param {number} sdkAppID
   * @param {import('./session.js').Environment} environment
   * @param {import('./events.js').Events} events
   */
  constructor(sdkAppID, environment, events) {
    this.#sdkAppID = sdkAppID;
    this.#environment = environment;
    this.#events = events;
  }

  /** The session, also while it is logging in. */
  get session() {
    return this.#session;
  }

  get isReady() {
    return this.#notReadyCode === 0;
  }

  /** The session, once it is ready. Throws a ChatError with the reason if it is not. */
  requireSession() {
    if (this.#session && this.isReady) return this.#session;
    throw new ChatError(this.#notReadyCode, 'Not logged in: wait for SDK_READY.');
  }

  /** @type {import('./index.js').ChatSDK['login']} */
  async login(options) {
    const { userID, userSig } = options ?? {};
    if (!isText(userID))
      throw new ChatError(CLIENT.NO_USER_ID, 'userID must be a string that is not empty.');
    if (!isText(userSig) && typeof userSig !== 'function') {
      throw new ChatError(
        CLIENT.NO_USER_SIG,
        'userSig must be a string, or a function that gives one.',
      );
    }
    if (this.isReady && this.#session?.userID === userID) {
      return {
        code: 0,
        data: {
          actionStatus: 'OK',
          errorCode: 0,
          errorInfo: 'Already logged in.',
          repeatLogin: true,
        },
      };
    }
    if (this.#session) {
      throw new ChatError(
        CLIENT.REPEAT_LOGIN,
        `${this.#session.userID} is logged in or about to be: log out first.`,
      );
    }
    const renewable = typeof userSig === 'function';
    const session = this.#createSession(userID, {
      get: renewable ? userSig : () => userSig,
      renewable,
    });
    this.#session = session;
    this.#notReadyCode = CLIENT.LOGGING_IN;
    let data;
    try {
      data = await session.login();
    } catch (error) {
      if (this.#session === session) this.#clearSession(CLIENT.LOGIN_FAILED);
      throw error instanceof ChatError ? error : new ChatError(CLIENT.LOGIN_FAILED, String(error));
    }
    this.#notReadyCode = 0;
    this.#events.emit(EVENT.SDK_READY);
    session.start();
    return { code: 0, data: { actionStatus: 'OK', errorCode: 0, errorInfo: '', ...data } };
  }

  async logout() {
    const session = this.#session;
    if (!session) return;
    const ready = this.isReady;
    this.#clearSession(CLIENT.LOGGED_OUT);
    // Without an answer the hub learns it from the end of the socket.
    if (ready && this.#netState === 'connected')
      await session.call('logout', {}, { ms: LOGOUT_MS }).catch(() => {});
    session.close(new ChatError(CLIENT.LOGGED_OUT, 'Logged out.'));
    if (ready) this.#events.emit(EVENT.SDK_NOT_READY);
  }

  /**
   * @param {string} userID
   * @param {import('./session.js').UserSig} userSig
   */
  #createSession(userID, userSig) {
    return new Session(userID, userSig, this.#sdkAppID, this.#environment, {
      emit: (name, data) => this.#events.emit(name, data),
      onState: (state) => this.#onState(state),
      onKicked: (type) => this.#onKicked(type),
      onEnd: (error) => this.#onEnd(error),
    });
  }

  /** @param {'connecting' | 'connected' | 'disconnected'} state */
  #onState(state) {
    if (state === this.#netState) return;
    this.#netState = state;
    this.#events.emit(EVENT.NET_STATE_CHANGE, { state });
  }

  /** @param {keyof typeof KICKED_CODES} type */
  #onKicked(type) {
    const session = this.#session;
    if (!session) return;
    this.#clearSession(KICKED_CODES[type] ?? CLIENT.KICKED_DEVICE);
    session.close(new ChatError(this.#notReadyCode, `Kicked out: ${type}.`));
    this.#events.emit(EVENT.KICKED_OUT, { type });
    this.#events.emit(EVENT.SDK_NOT_READY);
  }

  /**
   * Handles the end of the session, which a close code or a refused login brings.
   *
   * @param {ChatError} error
   */
  #onEnd({ code, data: { closeCode } }) {
    if (code === 70052) return this.#onKicked(TYPES.KICKED_OUT_REST_API);
    if (code === 70001 || code === 20002 || closeCode === 4401)
      return this.#onKicked(TYPES.KICKED_OUT_USERSIG_EXPIRED);
    if (closeCode === 4403) return this.#onKicked(TYPES.KICKED_OUT_MULT_DEVICE);
    this.#clearSession(CLIENT.LOGIN_FAILED);
    this.#events.emit(EVENT.SDK_NOT_READY);
  }

  /** @param {number} code */
  #clearSession(code) {
    this.#session = null;
    this.#notReadyCode = code;
  }
}
