// A random life on two real hubs and one NATS: drops, deaf lines, clocks that are set, removals and
// returns, another hub at the other end, hubs that are killed or stand still. Whenever it rests, a
// member who reads once and follows events shows what the hubs hold, nothing that was told was made
// up, and messages were told in their order. SDK_SEED names a run, SDK_STEPS makes it longer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { Nats } from '../nats.js';
import { poll, secretKey, send } from './fixture.js';
import { TcpProxy } from './proxy.js';
import { pick, seeded } from './random.js';

const { EVENT } = TencentCloudChat;
const seed = Number(process.env.SDK_SEED ?? Math.floor(Math.random() * 1e9));
const steps = Number(process.env.SDK_STEPS ?? 50);
const timeout = 60_000 + steps * 2_000;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
/** Steps between two rests: with more, later changes of a key hide that one of it was missed. */
const REST = 10;

// The page that an app is on, as far as the SDK watches it. Steps take milliseconds, and pauses
// between attempts to connect up to 20 seconds: nobody who waits for those sees much of a life.
globalThis.window = new EventTarget();
globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });

let nats;
let hubs;
before(
  async () => {
    nats = await Nats.start();
    const flags = ['--nats-url', nats.url, '--secret-key', secretKey, '--message-rate', '0'];
    // One folds events, and the other tells of every change
    hubs = [await Hub.start(...flags), await Hub.start(...flags, '--event-interval', '0')];
  },
  { timeout: 300_000 },
);
after(async () => {
  for (const hub of hubs) await hub.stop();
  await nats.stop();
});

/** The number of a message in its group, which its ID ends with. */
const numberOf = (ID) => Number(ID.slice(ID.lastIndexOf('.') + 1));

/** Does it again while the hub can't do it, or can't tell whether it did. */
async function persist(run) {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (error.code !== 10002) throw error;
    }
  }
}

/** Screen is what an app shows that reads a message's pairs once and then follows the events. */
class Screen {
  pairs = new Map();
  told = []; // every value of every pair, in the order in which it came
  messages = new Set();
  faults = []; // what throws in a handler is the app's affair, and would be logged only
  isOnline = true;
  #changed = () => {};

  constructor(chat, messageID) {
    chat.on(EVENT.NET_STATE_CHANGE, ({ data }) => {
      this.isOnline = data.state === 'connected';
      this.#changed();
    });
    chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data }) => {
      if (data.messageID !== messageID) return;
      for (const { key, value } of data.extensions) {
        this.pairs.set(key, value);
        this.told.push([key, value]);
      }
      this.#changed();
    });
    chat.on(EVENT.MESSAGE_EXTENSIONS_DELETED, ({ data }) => {
      if (data.messageID !== messageID) return;
      for (const key of data.keyList) this.pairs.delete(key);
      this.#changed();
    });
    chat.on(EVENT.MESSAGE_RECEIVED, ({ data }) => {
      for (const { ID } of data) {
        const last = [...this.messages].at(-1);
        if (this.messages.has(ID)) this.faults.push(`${ID} was told twice`);
        else if (last && numberOf(ID) < numberOf(last))
          this.faults.push(`${ID} was told after ${last}`);
        this.messages.add(ID);
      }
      this.#changed();
    });
  }

  get shown() {
    return listed([...this.pairs].map(([key, value]) => ({ key, value })));
  }

  /** Resolves once it is so. It looks again whenever something has changed. */
  async until(isSo) {
    for (;;) {
      const change = new Promise((resolve) => (this.#changed = resolve));
      assert.deepEqual(this.faults, []);
      if (await isSo()) return;
      await change;
    }
  }
}

/**
 * World is two hubs, Alice on a good line to the first, who does things, and Bob, to whom they
 * happen. The second hub may stand still.
 */
class World {
  written = new Set(['a=0']);
  sent = [];
  #offset = 0;
  #values = 0;
  #member = true;
  #frozen = false;
  #pending = [];

  constructor(random, proxy, fixture, screen) {
    Object.assign(this, { random, proxy, screen, ...fixture });
    const now = Date.now;
    Date.now = () => now() + this.#offset;
    this.restoreClock = () => (Date.now = now);
  }

  async step() {
    const { random, proxy, alice, bob, message, copy, groupID } = this;
    const chance = random();
    const key = pick(random, KEYS);
    const value = `${++this.#values}`;
    if (chance < 0.32) await this.#write(alice, message, key, value);
    else if (chance < 0.36) await persist(() => alice.chat.deleteMessageExtensions(message, [key]));
    else if (chance < 0.39) proxy.turnTo(pick(random, hubs));
    else if (chance < 0.42) this.#setFrozen(!this.#frozen);
    else if (chance < 0.55) this.#pending.push(this.#write(bob, copy, key, value));
    else if (chance < 0.65) this.sent.push((await persist(() => send(alice, groupID))).ID);
    else if (chance < 0.73) await this.#cut();
    else if (chance < 0.76) proxy.deafen();
    else if (chance < 0.86) this.#restore();
    else if (chance < 0.92) this.#offset = Math.floor((random() - 0.5) * 2e8);
    else if (chance < 0.95) await this.setMember(!this.#member);
    else if (chance < 0.99) await this.#leaveForAChange(key, value);
    else await this.#killHub(pick(random, hubs));
  }

  async setMember(member) {
    const { alice, groupID } = this;
    const change = member ? alice.chat.addGroupMember : alice.chat.deleteGroupMember;
    await persist(() => change({ groupID, userIDList: ['bob'] }));
    this.#member = member;
  }

  /** Bob is away for one change, and back for the next: by then he knows of both, or never will. */
  async #leaveForAChange(key, value) {
    await this.setMember(false);
    await this.#write(this.alice, this.message, key, value);
    await this.setMember(true);
    await this.#write(this.alice, this.message, pick(this.random, KEYS), `${++this.#values}`);
  }

  /** Cuts Bob's line. He has noticed when it returns: what he is told next is told on another. */
  async #cut() {
    this.proxy.cut();
    await this.screen.until(() => !this.screen.isOnline);
  }

  #restore() {
    this.proxy.restore();
    globalThis.window.dispatchEvent(new Event('online'));
  }

  #setFrozen(frozen) {
    if (frozen) hubs[1].freeze();
    else hubs[1].thaw();
    this.#frozen = frozen;
  }

  /** Sets a pair; Bob, who may be no member or have no line, may fail, and then nobody knows. */
  async #write(user, message, key, value) {
    this.written.add(`${key}=${value}`);
    const set = () => user.chat.setMessageExtensions(message, [{ key, value }]);
    if (user === this.alice) return persist(set);
    await set().catch((error) => {
      if (![10002, 10007, 2800, 2801, 2805].includes(error.code)) throw error;
    });
  }

  async #killHub(hub) {
    await hub.kill();
    if (hub === hubs[1]) this.#frozen = false;
    await hub.restart();
  }

  /**
   * Lets Bob be a member on a line that works, until he shows what is there. A line that works
   * already is not cut: what is read on the next one would hide what was not told on this one.
   */
  async rest() {
    const { proxy, screen, sent } = this;
    this.#setFrozen(false);
    if (proxy.isDeaf) await this.#cut();
    this.#restore();
    if (!this.#member) await this.setMember(true);
    await Promise.all(this.#pending.splice(0));
    await screen.until(
      async () =>
        screen.isOnline &&
        sent.every((ID) => screen.messages.has(ID)) &&
        (await this.truth()).join() === screen.shown.join(),
    );
  }

  /** What Alice reads, who is on a good line. */
  async truth() {
    const { data } = await persist(() => this.alice.chat.getMessageExtensions(this.message));
    return listed(data.extensions);
  }
}

const listed = (extensions) => extensions.map(({ key, value }) => `${key}=${value}`).sort();

test(`a random life, seed ${seed}: what is shown is what is there`, { timeout }, async (t) => {
  t.diagnostic(`SDK_SEED=${seed} SDK_STEPS=${steps}`);
  const proxy = await TcpProxy.open(t, hubs[1]);
  const fixture = await poll(t, hubs[0], { proxy });
  const { bob, message, copy } = fixture;
  const screen = new Screen(bob.chat, message.ID);
  await bob.chat.getMessageExtensions(copy);
  const world = new World(seeded(seed), proxy, fixture, screen);
  t.after(world.restoreClock);
  for (let i = 0; i < steps; i++) {
    if (i % REST === 0) await world.rest();
    await world.step();
  }
  await world.rest();

  for (const [key, value] of screen.told)
    assert.ok(world.written.has(`${key}=${value}`), `${key}=${value} was never written`);
  const values = screen.told.map(([key, value]) => `${key}=${value}`);
  assert.equal(new Set(values).size, values.length, 'a value was told twice');
  const { data } = await bob.chat.getMessageExtensions(copy);
  assert.deepEqual(listed(data.extensions), await world.truth());
});
