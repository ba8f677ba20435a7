// A random life on a real hub: drops, deaf lines, clocks that are set, removals and returns, kills
// of the hub. In the end a member who reads once and follows events shows what the hub holds, and
// nothing that was told was made up. SDK_SEED names a run, SDK_STEPS makes it longer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { poll, secretKey, send } from './fixture.js';
import { TcpProxy } from './proxy.js';
import { pick, seeded } from './random.js';

const { EVENT } = TencentCloudChat;
const seed = Number(process.env.SDK_SEED ?? Math.floor(Math.random() * 1e9));
const steps = Number(process.env.SDK_STEPS ?? 50);
const timeout = 60_000 + steps * 2_000;
const KEYS = ['a', 'b', 'c', 'd'];

let hub;
before(async () => (hub = await Hub.start('--secret-key', secretKey, '--message-rate', '0')), {
  timeout: 300_000,
});
after(() => hub.stop());

/** Screen is what an app shows that reads a message's pairs once and then follows the events. */
class Screen {
  pairs = new Map();
  told = []; // every value of every pair, in the order in which it came
  messages = new Set();
  #changed = () => {};

  constructor(chat, messageID) {
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
        assert.ok(!this.messages.has(ID), `${String(ID)} was told twice`);
        this.messages.add(ID);
      }
      this.#changed();
    });
  }

  nextChange() {
    return new Promise((resolve) => (this.#changed = resolve));
  }
}

/** World is a hub, Alice on a good line, who does things, and Bob, to whom they happen. */
class World {
  written = new Set(['a=0']);
  sent = [];
  #offset = 0;
  #values = 0;
  #member = true;
  #pending = [];

  constructor(random, proxy, fixture) {
    Object.assign(this, { random, proxy, ...fixture });
    const now = Date.now;
    Date.now = () => now() + this.#offset;
    this.restoreClock = () => (Date.now = now);
  }

  async step() {
    const { random, proxy, alice, bob, message, copy, groupID } = this;
    const chance = random();
    const key = pick(random, KEYS);
    const value = `${++this.#values}`;
    if (chance < 0.35) await this.#write(alice, message, key, value);
    else if (chance < 0.42) await alice.chat.deleteMessageExtensions(message, [key]);
    else if (chance < 0.55) this.#pending.push(this.#write(bob, copy, key, value));
    else if (chance < 0.65) this.sent.push((await send(alice, groupID)).ID);
    else if (chance < 0.73) proxy.cut();
    else if (chance < 0.76) proxy.deafen();
    else if (chance < 0.86) proxy.restore();
    else if (chance < 0.92) this.#offset = Math.floor((random() - 0.5) * 2e8);
    else if (chance < 0.98) await this.setMember(!this.#member);
    else await this.#killHub();
  }

  async setMember(member) {
    const { alice, groupID } = this;
    const change = member ? alice.chat.addGroupMember : alice.chat.deleteGroupMember;
    await change({ groupID, userIDList: ['bob'] });
    this.#member = member;
  }

  /** Sets a pair; Bob, who may be no member or have no line, may fail, and then nobody knows. */
  async #write(user, message, key, value) {
    this.written.add(`${key}=${value}`);
    const own = user === this.bob;
    await user.chat.setMessageExtensions(message, [{ key, value }]).catch((error) => {
      if (!own || ![10007, 2800, 2801, 2805].includes(error.code)) throw error;
    });
  }

  async #killHub() {
    await hub.kill();
    await hub.restart();
  }

  async settle() {
    this.proxy.cut();
    this.proxy.restore();
    if (!this.#member) await this.setMember(true);
    await Promise.all(this.#pending);
  }
}

test(`a random life, seed ${seed}: what is shown is what is there`, { timeout }, async (t) => {
  t.diagnostic(`SDK_SEED=${seed} SDK_STEPS=${steps}`);
  const proxy = await TcpProxy.open(t, hub);
  const fixture = await poll(t, hub, { proxy });
  const { alice, bob, message, copy } = fixture;
  const screen = new Screen(bob.chat, message.ID);
  await bob.chat.getMessageExtensions(copy);
  const world = new World(seeded(seed), proxy, fixture);
  t.after(world.restoreClock);
  for (let i = 0; i < steps; i++) await world.step();
  await world.settle();

  const truth = async () => {
    const { data } = await alice.chat.getMessageExtensions(message);
    return data.extensions.map(({ key, value }) => `${key}=${value}`).sort();
  };
  const shown = () => [...screen.pairs].map(([key, value]) => `${key}=${value}`).sort();
  const isThere = async () =>
    (await truth()).join() === shown().join() && world.sent.every((ID) => screen.messages.has(ID));
  for (;;) {
    const change = screen.nextChange();
    if (await isThere()) break;
    await change;
  }
  for (const [key, value] of screen.told)
    assert.ok(world.written.has(`${key}=${value}`), `${key}=${value} was never written`);
  const values = screen.told.map(([key, value]) => `${key}=${value}`);
  assert.equal(new Set(values).size, values.length, 'a value was told twice');
  const { data } = await bob.chat.getMessageExtensions(copy);
  assert.deepEqual(
    data.extensions.map(({ key, value }) => `${key}=${value}`).sort(),
    await truth(),
  );
});
