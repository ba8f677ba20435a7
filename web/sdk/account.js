import * as CLIENT from './clientcodes.js';
import * as EVENT from './eventnames.js';
import * as TYPES from './typenames.js';
import { ChatError } from './errors.js';
import { explainUnreachable } from './server.js';

/** The code that calls are rejected with after each type of KICKED_OUT. */
const KICKED_CODES = Object.freeze({
  [TYPES.KICKED_OUT_MULT_DEVICE]: CLIENT.KICKED_DEVICE,
  [TYPES.KICKED_OUT_MULT_ACCOUNT]: CLIENT.KICKED_ACCOUNT,
  [TYPES.KICKED_OUT_USERSIG_EXPIRED]: CLIENT.USER_SIG_EXPIRED,
  [TYPES.KICKED_OUT_REST_API]: CLIENT.KICKED_REST,
});

/** Milliseconds that logout waits for the hub. */
const LOGOUT_MS = 2_000;

/**
 * Account knows who is logged in and, if nobody is, why not.
 *
 * @template {import('./session.js').Session} S
 */
export class Account {
  _sdkAppID;
  _environment;
  _events;
  _Session;
  /** @type {S | null} */
  _session = null;
  /** @type {number} 0, or the code that calls are rejected with */
  _notReadyCode = CLIENT.NOT_READY;
  _netState = 'disconnected';
  /**
   * Loads the code of lists. A chat without the methods about them has none.
   *
   * @type {() => Promise<typeof import('./lists.js')>}
   */
  loadLists = () => Promise.reject(new Error('There are no lists.'));

  /**
   * @param {number} sdkAppID
   * @param {import('./environment.js').Environment} environment
   * @param {import('./events.js').Events} events
   * @param {new (...login: import('./session.js').Parameters) => S} Session
   */
  constructor(sdkAppID, environment, events, Session) {
    this._sdkAppID = sdkAppID;
    this._environment = environment;
    this._events = events;
    this._Session = Session;
  }

  /** The session, also while it is logging in. */
  get session() {
    return this._session;
  }

  get isReady() {
    return this._notReadyCode === 0;
  }

  /** The session, once it is ready. Throws a ChatError with the reason if it is not. */
  requireSession() {
    if (this._session && this.isReady) return this._session;
    throw new ChatError(this._notReadyCode, 'Not logged in: wait for SDK_READY.');
  }

  /** @param {import('./index.js').LoginOptions} options */
  async login({ userID, userSig }) {
    const renewable = typeof userSig === 'function';
    const session = this._createSession(userID, {
      get: renewable ? userSig : () => userSig,
      renewable,
    });
    this._session = session;
    this._notReadyCode = CLIENT.LOGGING_IN;
    let data;
    try {
      data = await session.login();
    } catch (error) {
      if (this._session === session) this._retire(CLIENT.LOGIN_FAILED);
      if (!(error instanceof ChatError)) throw new ChatError(CLIENT.LOGIN_FAILED, String(error));
      if (error.code === CLIENT.LOST && !(error.data.closeCode >= 4000))
        error.message = await explainUnreachable(this._environment.url);
      throw error;
    }
    this._notReadyCode = 0;
    // Later: an app may begin to wait for SDK_READY when login has resolved.
    this._environment.later(() => {
      if (this._session !== session) return;
      this._events.emit(EVENT.SDK_READY);
      session.start();
    });
    return loggedIn('', data);
  }

  async logout() {
    const { isReady } = this;
    const connected = this._netState === 'connected';
    const session = this._retire(CLIENT.LOGGED_OUT);
    if (isReady) this._events.emit(EVENT.SDK_NOT_READY);
    // Without an answer the hub learns it from the end of the socket.
    if (isReady && connected)
      await session?.call('logout', {}, { deadline: session.deadline(LOGOUT_MS) }).catch(() => {});
    session?.close(new ChatError(CLIENT.LOGGED_OUT, 'Logged out.'));
  }

  /**
   * @param {string} userID
   * @param {import('./usersig.js').UserSig} userSig
   */
  _createSession(userID, userSig) {
    /**
     * Lets a session tell something while it is the account's: what one that is over still hears
     * is not for the next user.
     *
     * @template {any[]} Args
     * @param {(...args: Args) => void} tell
     * @returns {(...args: Args) => void}
     */
    const whileCurrent =
      (tell) =>
      (...args) => {
        if (this._session === session) tell(...args);
      };
    /** @type {S} */
    let session;
    try {
      session = new this._Session(userID, userSig, this._sdkAppID, this._environment, {
        emit: whileCurrent((name, data) => this._events.emit(name, data)),
        listens: (name) => this._events.has(name),
        loadLists: () => this.loadLists(),
        onState: whileCurrent((state) => this._onState(state)),
        onKicked: whileCurrent((type) => this._onKicked(type)),
        onEnd: whileCurrent((error) => this._onEnd(error)),
      });
    } catch (error) {
      // There is no server to connect to, or nothing to connect with.
      throw new ChatError(CLIENT.LOGIN_FAILED, /** @type {Error} */ (error).message);
    }
    return session;
  }

  /** @param {'connecting' | 'connected' | 'disconnected'} state */
  _onState(state) {
    if (state === this._netState) return;
    this._netState = state;
    this._events.emit(EVENT.NET_STATE_CHANGE, { state });
  }

  /** @param {keyof typeof KICKED_CODES} type */
  _onKicked(type) {
    const session = this._retire(KICKED_CODES[type] ?? CLIENT.KICKED_DEVICE);
    session?.close(new ChatError(this._notReadyCode, `Kicked out: ${type}.`));
    this._events.emit(EVENT.KICKED_OUT, { type });
    this._events.emit(EVENT.SDK_NOT_READY);
  }

  /**
   * Handles the end of the session, which a close code or a refused login brings.
   *
   * @param {ChatError} error
   */
  _onEnd(error) {
    const { code, data } = error;
    if (code === 70052) return this._onKicked(TYPES.KICKED_OUT_REST_API);
    if (code === 70001 || code === 20002 || data.closeCode === 4401)
      return this._onKicked(TYPES.KICKED_OUT_USERSIG_EXPIRED);
    if (data.closeCode === 4403) return this._onKicked(TYPES.KICKED_OUT_MULT_DEVICE);
    this._retire(CLIENT.LOGIN_FAILED)?.close(error);
    this._events.emit(EVENT.SDK_NOT_READY);
  }

  /**
   * Takes leave of the session, which the caller has to close.
   *
   * @param {number} code why calls are rejected from now on
   */
  _retire(code) {
    const session = this._session;
    if (!session) return null;
    this._session = null;
    this._notReadyCode = code;
    this._onState('disconnected');
    return session;
  }
}

/**
 * The result of a login.
 *
 * @param {string} errorInfo
 * @param {object} data
 * @returns {import('./index.js').Result<import('./index.js').LoginResult>}
 */
export const loggedIn = (errorInfo, data) => ({
  code: 0,
  data: { actionStatus: 'OK', errorCode: 0, errorInfo, ...data },
});
