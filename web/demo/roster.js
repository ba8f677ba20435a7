import { cleanName, isVisible } from './people.js';
import { say } from './words.js';

const GROUP = 'here';
/** The message, before it was read. */
const MESSAGE = { ID: `g.${GROUP}.1`, status: 'success', isSupportExtension: true };
const ALREADY_MEMBER = 10013;
const MISSING = [10010, 23004]; // no such group, or nothing in it yet

/** How often somebody says to be here. A page in the background may do so once a minute. */
const RENEW_MS = 60_000;
/** For how long that holds, in seconds: somebody's window may be gone without a word. */
const HOLDS = 150;
const MOST = 10_000;

/**
 * Roster knows who is in the room, and what everybody is called. The hub tells who is a member, and
 * a member stays one when the window is closed. So it is a message like all others, on which
 * everybody keeps the own pair: {name, until}. What changes comes as it does on a poll.
 */
export class Roster {
  #chat;
  #me;
  #onChange;
  #entries = new Map(); // by userID
  #here = new Set();
  #isIn = false;
  #timer;

  /** onChange(came, left) hears of the userIDs of those who came in or left. */
  constructor(chat, me, onChange) {
    this.#chat = chat;
    this.#me = me;
    this.#onChange = onChange;
  }

  /** Comes in. foundGroup makes the message if there is none. */
  async open(foundGroup) {
    this.#chat.on('onMessageExtensionsUpdated', ({ data }) => {
      if (data.messageID === MESSAGE.ID) this.#take(data.extensions);
    });
    try {
      await this.#read();
    } catch (error) {
      if (!MISSING.includes(error.code)) throw error;
      const data = JSON.stringify({ businessID: 'exthub_here' });
      await foundGroup(GROUP, { data, rules: { write: 'own', max: MOST } });
      await this.#read();
    }
    this.#timer = setInterval(() => this.renew(), RENEW_MS);
    addEventListener('pagehide', this.#onHide);
    addEventListener('pageshow', this.#onShow);
    this.#isIn = true;
    void this.renew();
  }

  /** Leaves. Who watches hears of it at once. */
  close() {
    clearInterval(this.#timer);
    removeEventListener('pagehide', this.#onHide);
    removeEventListener('pageshow', this.#onShow);
    return this.#leave();
  }

  /** Says to be here, and finds out who has not said so for too long. */
  renew() {
    this.#look();
    return this.#write(this.#chat.getServerTime() + HOLDS);
  }

  #onHide = () => void this.#leave();
  #onShow = ({ persisted }) => {
    if (!persisted) return;
    this.#isIn = true;
    void this.renew();
  };

  #leave() {
    this.#isIn = false;
    return this.#write(0);
  }

  async #read() {
    await this.#chat.joinGroup({ groupID: GROUP }).catch((error) => {
      if (error.code !== ALREADY_MEMBER) throw error;
    });
    this.#take((await this.#chat.getMessageExtensions(MESSAGE)).data.extensions);
  }

  /** That this fails, nobody has to know: it is done again, and everything else works. */
  async #write(until) {
    const { userID: key, name } = this.#me;
    const value = JSON.stringify({ name, until });
    await this.#chat.setMessageExtensions(MESSAGE, [{ key, value }]).catch(() => {});
  }

  #take(extensions) {
    for (const { key, value } of extensions) this.#entries.set(key, readEntry(value));
    this.#look();
    // Another window of the same person was closed, and said so for both.
    const { userID } = this.#me;
    const told = extensions.some(({ key }) => key === userID);
    if (this.#isIn && told && !this.#isFresh(this.#entries.get(userID))) void this.renew();
  }

  /** Who says to be here for longer than people do is not believed: it would be for ever. */
  #isFresh({ name, until }) {
    const now = this.#chat.getServerTime();
    return name && until > now && until <= now + 2 * HOLDS;
  }

  #look() {
    const before = this.#here;
    // Oneself is here, whatever the hub has heard of it.
    const isMe = (userID) => this.#isIn && userID === this.#me.userID;
    const here = [...this.#entries].filter(
      ([userID, entry]) => isMe(userID) || this.#isFresh(entry),
    );
    this.#here = new Set(here.map(([userID]) => userID));
    this.#onChange(
      [...this.#here].filter((userID) => !before.has(userID)),
      [...before].filter((userID) => !this.#here.has(userID)),
    );
  }

  /** Those who are here. */
  get here() {
    return [...this.#here];
  }

  /** What somebody is called, with a tag where others are called so too; undefined: not known. */
  nameOf(userID) {
    const name = this.#entries.get(userID)?.name;
    if (!name) return userID.startsWith('visitor-') ? say('visitor') : undefined;
    const same = [...this.#entries.values()].filter((other) => key(other.name) === key(name));
    return same.length > 1 ? `${name} (${userID.slice(-4)})` : name;
  }
}

/** What looks the same is the same. */
const key = (name) => name.normalize('NFKC').toLowerCase();

/** Reads what somebody wrote, who may have written anything. */
function readEntry(value) {
  try {
    const { name, until } = JSON.parse(value);
    const clean = cleanName(name);
    return { name: isVisible(clean) ? clean : '', until: Number(until) };
  } catch {
    return { name: '', until: 0 };
  }
}
