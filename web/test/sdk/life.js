import * as EVENT from '../../sdk/eventnames.js';
import { Extensions } from '../../sdk/extensions.js';
import { Model } from './model.js';
import { pick, seeded } from './random.js';

export const message = { ID: 'm' };

/**
 * Makes Extensions for a session whose calls the model answers, until replaceModel, and collects
 * what its handlers get.
 */
export function modelSession(
  model,
  {
    pageSize = 200,
    answer = (result) => result,
    wait = async () => {},
    intercept = (method, params, run) => run(),
  } = {},
) {
  const heard = [];
  const screen = new Map(); // what an app shows that reads once, then follows events
  const session = {
    away: new Set(),
    setAway: (conversationID) => session.away.add(conversationID),
    perRequest: 20,
    deadline: () => Infinity,
    emit(name, data) {
      heard.push({ name, ...data });
      if (name === EVENT.MESSAGE_EXTENSIONS_UPDATED)
        for (const { key, value } of data.extensions) screen.set(key, value);
      else for (const key of data.keyList) screen.delete(key);
    },
    async call(method, params) {
      await wait();
      const sent = typeof params === 'function' ? params() : params;
      const run = () => respond(model, method, sent, pageSize);
      return answer(intercept(method, sent, run), method, sent);
    },
  };
  const extensions = new Extensions(session);
  const deliver = ({ name, ...event }) => extensions[name]({ messageID: 'm', ...event });
  const replaceModel = (next) => (model = next);
  return { extensions, heard, screen, deliver, replaceModel };
}

function respond(model, method, { startSeq, extensions = [], clear, atomic }, pageSize) {
  if (method === 'getMessageExtensions') return model.page(startSeq, pageSize);
  const events = [];
  const pair = (key) => model.pairs.get(key) ?? { value: '', seq: 0 };
  const isConflict = ({ key, value = '', seq }) => {
    const now = pair(key);
    return value !== now.value && seq !== now.seq && !(now.value === '' && seq === 0);
  };
  const none = atomic && extensions.some(isConflict);
  const items = extensions.map((item) => {
    const { key, value = '' } = item;
    if (none || isConflict(item)) return { code: 23001, key, ...pair(key) };
    if (value === pair(key).value) return { code: 0, key, ...pair(key) };
    events.push(method === 'setMessageExtensions' ? model.set(key, value) : model.remove(key));
    return { code: 0, key, ...pair(key) };
  });
  if (method === 'deleteMessageExtensions' && clear) events.push(model.clear());
  model.events = [...(model.events ?? []), ...events.filter(Boolean)];
  return { extensions: items, latestSeq: model.latestSeq };
}

/**
 * Life is a random life of one message: an app that reads once and then follows events, others who
 * change pairs, lost connections, and stores that are replaced.
 */
export class Life {
  #random;
  #keys = ['a', 'b', 'c', 'd', 'e'];
  #session;
  #opened = false;

  constructor(seed) {
    this.seed = seed;
    this.#random = seeded(seed);
    this.model = new Model();
    this.model.events = [];
    this.#session = modelSession(this.model, { pageSize: 3 });
  }

  /** What the app shows. */
  get screen() {
    return this.#session.screen;
  }

  /** The events that the handlers got. */
  get heard() {
    return this.#session.heard;
  }

  /** Reads the pairs. Only the first read reaches the screen. */
  async open() {
    const { extensions: pairs } = await this.#session.extensions.get(message);
    if (!this.#opened) {
      this.screen.clear();
      for (const { key, value } of pairs) this.screen.set(key, value);
    }
    this.#opened = true;
    return pairs;
  }

  /** Does something at random; i names the values that are set. */
  async step(i) {
    const { extensions } = this.#session;
    const random = this.#random;
    const chance = random();
    const key = pick(random, this.#keys);
    if (chance < 0.4) this.#change();
    else if (chance < 0.55) await extensions.set(message, [{ key, value: `m${this.seed}.${i}` }]);
    else if (chance < 0.6) await extensions.delete(message, random() < 0.2 ? [] : [key]);
    else if (chance < 0.65) await this.open();
    else if (chance < 0.95) this.deliver(2);
    else await this.#reconnect();
  }

  /** Delivers the oldest events that are under way. */
  deliver(count = Infinity) {
    for (const event of this.model.events.splice(0, count)) this.#session.deliver(event);
  }

  /** Somebody else changes a pair. */
  #change() {
    this.model.events.push(...[this.model.step(this.#random, this.#keys)].filter(Boolean));
  }

  /** Loses the connection with the events under way, and catches up on the next one. */
  async #reconnect() {
    const random = this.#random;
    const { extensions } = this.#session;
    this.model.events = [];
    extensions.onGap();
    if (random() < 0.3) this.#replaceStore();
    if (random() < 0.5) this.model.step(random, this.#keys);
    if (random() < 0.5) await this.open();
    if (random() < 0.5) this.#change();
    if (random() < 0.5) this.deliver(1);
    await extensions.catchUp('m');
  }

  /** Replaces the store by one in which somebody sets some of the pairs again. */
  #replaceStore() {
    const before = this.model.live();
    this.model = new Model();
    this.#session.replaceModel(this.model);
    for (const [key, value] of before) if (this.#random() < 0.5) this.model.set(key, value);
    this.model.events = [];
    this.#session.extensions.reset();
  }
}
