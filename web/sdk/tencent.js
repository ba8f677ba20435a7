import { addAbsentMethods } from './absent.js';
import { Chat } from './chat.js';
import { listMethods } from './listmethods.js';
import { EVENT } from './names.js';

/** @type {Set<string>} */
const EVENTS = new Set(Object.values(EVENT));

/**
 * TencentChat is the chat of an app that may have been written for Tencent's SDK: a Chat with
 * every method of theirs, those that are not built included, and with a warning for an event of
 * which neither has heard.
 */
export class TencentChat extends Chat {
  /** @param {ConstructorParameters<typeof Chat>} options */
  constructor(...options) {
    super(...options);
    this._account.loadLists = () => import('./lists.js');
    const methods = listMethods((run) =>
      this._call(async (session) => run(await session.lists(), session.userID)),
    );
    Object.assign(this, methods);
  }

  /**
   * @override
   * @param {string} name
   * @param {any} handler
   * @param {unknown} context
   * @param {boolean} once
   */
  _addListener(name, handler, context, once) {
    super._addListener(name, handler, context, once);
    if (this.isReady()) this._account.session?.onListen(name);
    if (!EVENTS.has(name)) console.warn(`There is no event "${name}". EVENT has those there are.`);
  }
}

addAbsentMethods(TencentChat.prototype);
