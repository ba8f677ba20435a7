import tls from 'tls-sig-api-v2';
import { WebSocket as RealSocket } from 'ws';
import TencentCloudChat from '../../sdk/index.js';

const { EVENT } = TencentCloudChat;
let users = 0;

/**
 * Gets what the demo page gets: { sdkAppID, userID, userSig }. A hub with a key has no demo: what
 * its backend would give is made here.
 */
export async function fetchUserSig(hub, userID) {
  if (hub.secretKey) {
    const sdkAppID = 1400000000;
    const userSig = new tls.Api(sdkAppID, hub.secretKey).genSig(userID, 3600);
    return { sdkAppID, userID, userSig };
  }
  const response = await fetch(`${hub.url}/demo/usersig?user=${encodeURIComponent(userID)}`);
  return response.json();
}

/** User is somebody at a hub: a chat of their own, and all its events. */
export class User {
  #events = [];
  #waiting = new Set();

  /** @returns {Promise<User>} logged in, until the test ends */
  static async logIn(
    t,
    hub,
    userID,
    { url = `${hub.url.replace('http', 'ws')}/ws`, userSig, WebSocket = RealSocket } = {},
  ) {
    // Each has a copy of the module, because the SDK has one chat per app and page.
    const { create } = await import(`../../sdk/create.js?${++users}`);
    const user = new User();
    const { sdkAppID, userSig: handout } = userSig
      ? { sdkAppID: 1400000000 }
      : await fetchUserSig(hub, userID);
    user.userID = userID;
    user.chat = create({ SDKAppID: sdkAppID, proxyServer: url, WebSocket });
    for (const name of Object.values(EVENT))
      user.chat.on(name, ({ data }) => user.#record(name, data));
    t.after(() => user.chat.destroy());
    await user.chat.login({ userID, userSig: userSig ?? handout });
    await user.waitFor(EVENT.SDK_READY);
    return user;
  }

  /** The data of all events of this name so far. */
  eventsOf(name) {
    return this.#events.filter((event) => event.name === name).map(({ data }) => data);
  }

  /** The names of all events about messages and their pairs so far, in order. */
  get eventNames() {
    return this.#events.map(({ name }) => name).filter((name) => name.startsWith('onMessage'));
  }

  /** Resolves with the data of the first event, also a past one, that fits. */
  waitFor(name, isIt = () => true) {
    const past = this.#events.find((event) => event.name === name && isIt(event.data));
    if (past) return Promise.resolve(past.data);
    return new Promise((resolve) => this.#waiting.add({ name, isIt, resolve }));
  }

  /** Resolves when events have told this value of the pair, '' for a deletion. */
  waitForPair(messageID, key, value) {
    if (value === '')
      return this.waitFor(
        EVENT.MESSAGE_EXTENSIONS_DELETED,
        (data) => data.messageID === messageID && data.keyList.includes(key),
      );
    return this.waitFor(
      EVENT.MESSAGE_EXTENSIONS_UPDATED,
      (data) =>
        data.messageID === messageID &&
        data.extensions.some((one) => one.key === key && one.value === value),
    );
  }

  clearEvents() {
    this.#events = [];
  }

  #record(name, data) {
    this.#events.push({ name, data });
    for (const wait of [...this.#waiting]) {
      if (wait.name !== name || !wait.isIt(data)) continue;
      this.#waiting.delete(wait);
      wait.resolve(data);
    }
  }
}
