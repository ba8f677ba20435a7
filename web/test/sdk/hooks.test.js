// What the hooks for React and Vue draw: the pairs of a message, and the poll that they are. On a
// real hub.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createApp, effectScope, reactive, shallowRef, watch } from 'vue';
import { Pairs } from '../../hooks/pairs.js';
import { pollActions, readPoll } from '../../hooks/poll.js';
import { provideChat, usePoll } from '../../hooks/vue.js';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { poll, secretKey, send, set, sign } from './fixture.js';
import { TcpProxy } from './proxy.js';
import { User } from './user.js';

const { EVENT, TYPES } = TencentCloudChat;
const timeout = 60_000;

let hub;
before(async () => (hub = await Hub.start('--secret-key', secretKey)), { timeout: 300_000 });
after(() => hub.stop());

const payload = {
  data: JSON.stringify({
    businessID: 'group_poll',
    title: 'Where to?',
    content: { option_list: ['Noodles', 'Rice', 'Soup'].map((option) => ({ option })) },
  }),
};

/** Alice sends a poll with these rules, and Bob gets it. */
async function ask(t, extensionRules, options) {
  const { alice, bob, groupID } = await poll(t, hub, options);
  const message = await send(alice, groupID, { payload, extensionRules });
  const [copy] = await bob.waitFor(EVENT.MESSAGE_RECEIVED, ([{ ID }]) => ID === message.ID);
  return { alice, bob, message, copy };
}

/** View is what a component holds: the store of a message, followed until the test ends. */
class View {
  constructor(t, { chat }, message) {
    this.chat = chat;
    this.message = message;
    this.store = new Pairs(chat, message);
    t.after(this.store.subscribe(() => {}));
    const now = () => ({ store: this.store, message, userID: chat.getLoginUser() });
    Object.assign(this, pollActions(now));
  }

  get snapshot() {
    return this.store.snapshot;
  }

  get poll() {
    return readPoll(this.message, this.snapshot, this.chat.getLoginUser());
  }

  get votes() {
    return this.poll?.options.map(({ votes }) => votes);
  }

  get mine() {
    return this.poll?.options.filter(({ mine }) => mine).map(({ index }) => index);
  }

  /** Resolves once this is so. */
  until(isIt) {
    return new Promise((resolve) => {
      const unsubscribe = this.store.subscribe(() => look());
      const look = () => {
        if (!isIt(this)) return;
        unsubscribe();
        resolve();
      };
      look();
    });
  }

  ready() {
    return this.until(({ snapshot }) => snapshot.state === 'ready');
  }
}

/** Runs what a component of Vue sets up. */
function compose(t, { chat }, setup) {
  const app = createApp({});
  provideChat(chat, app);
  const scope = effectScope();
  t.after(() => scope.stop());
  return app.runWithContext(() => scope.run(setup));
}

test('a poll without rules is counted, and its close is a pair', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await ask(t);
  const [hers, his] = [new View(t, alice, message), new View(t, bob, copy)];
  await Promise.all([hers.ready(), his.ready()]);
  assert.deepEqual([his.votes, his.poll.closed, his.snapshot.summary], [[0, 0, 0], false, null]);
  await hers.vote('1');
  await his.vote('2');
  await his.until(({ votes }) => votes.join() === '1,1,0');
  assert.deepEqual([his.mine, his.poll.options[0].voters], [['2'], ['alice']]);
  await his.retract();
  assert.deepEqual([his.votes, his.poll.voted], [[1, 0, 0], false]);
  await hers.close();
  await his.until(({ poll: { closed } }) => closed);
});

test(
  'a poll by rules is counted, several options in any order, and closed for good',
  { timeout },
  async (t) => {
    const questions = [{ choices: 3, choose: 2 }];
    const { alice, bob, message, copy } = await ask(t, { write: 'own', questions });
    const [hers, his] = [new View(t, alice, message), new View(t, bob, copy)];
    await Promise.all([hers.ready(), his.ready()]);
    assert.equal(his.poll.several, true);
    await hers.vote('1');
    await his.vote('3', '1');
    await his.until(({ votes }) => votes.join() === '2,0,1');
    assert.deepEqual([his.mine, his.poll.total], [['1', '3'], 2]);
    assert.deepEqual(his.poll.options[0].voters.sort(), ['alice', 'bob']);
    await assert.rejects(his.close(), { code: 10007 });
    await hers.close();
    await his.until(({ poll: { closed } }) => closed);
    await assert.rejects(his.retract(), { code: 23005 });
  },
);

test('hidden results are null until the close, and there after it', { timeout }, async (t) => {
  const rules = { write: 'own', questions: [{ choices: 3 }], reveal: 'closed' };
  const { alice, bob, message, copy } = await ask(t, rules);
  const [hers, his] = [new View(t, alice, message), new View(t, bob, copy)];
  await Promise.all([hers.ready(), his.ready()]);
  await hers.vote('2');
  await his.vote('1');
  await his.until(({ poll: { total } }) => total === 2);
  assert.deepEqual([his.votes, his.mine], [[null, null, null], ['1']]);
  await hers.until(({ votes }) => votes.join() === '1,1,0');
  await hers.close();
  await his.until(({ snapshot }) => snapshot.pairs.size === 2);
  assert.deepEqual([his.votes, his.poll.closed], [[1, 1, 0], true]);
  assert.deepEqual(his.poll.options[1].voters, ['alice']);
});

test('an anonymous vote can be changed by who comes back', { timeout }, async (t) => {
  const rules = { write: 'own', questions: [{ choices: 3 }], anonymous: true };
  const { bob, copy } = await ask(t, rules);
  const first = new View(t, bob, copy);
  await first.ready();
  await first.vote('1');
  await bob.chat.logout();
  const back = await User.logIn(t, hub, 'bob');
  const his = new View(t, back, copy);
  await his.ready();
  await his.vote('2');
  await his.until(({ votes }) => votes.join() === '0,1,0');
  assert.deepEqual(
    his.poll.options.flatMap(({ voters }) => voters),
    [],
  );
  await his.retract();
  await his.until(({ votes }) => votes.join() === '0,0,0');
});

test(
  'of an anonymous poll whose pairs nobody reads one knows the own vote',
  { timeout },
  async (t) => {
    const rules = { write: 'own', questions: [{ choices: 3 }], anonymous: true, show: 'summary' };
    const { alice, bob, message, copy } = await ask(t, rules);
    const [hers, his] = [new View(t, alice, message), new View(t, bob, copy)];
    await Promise.all([hers.ready(), his.ready()]);
    await his.vote('1');
    await hers.vote('3');
    await his.until(({ votes }) => votes.join() === '1,0,1');
    assert.deepEqual([his.mine, hers.mine], [['1'], ['3']]);
  },
);

test('there is no poll to show before it was read, but a reason', { timeout }, async (t) => {
  const { alice, message } = await ask(t);
  const stranger = await User.logIn(t, hub, 'stranger');
  const theirs = new View(t, stranger, message);
  await theirs.until(({ snapshot }) => snapshot.state === 'error');
  assert.deepEqual([theirs.snapshot.error.code, theirs.poll], [10007, null]);
  await stranger.chat.joinGroup({ groupID: message.to });
  await set(alice, message, 'alice_0', '3');
  theirs.store.reload();
  await theirs.ready();
  assert.deepEqual(theirs.votes, [0, 0, 1]);
});

test('the next user sees nothing of what the last one saw', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await ask(t);
  const his = new View(t, bob, copy);
  await his.ready();
  await his.vote('2');
  await bob.chat.logout();
  assert.deepEqual([his.snapshot.state, his.poll], ['loading', null]);
  await bob.chat.login({ userID: 'carl', userSig: sign('carl', 3600) });
  await his.until(({ snapshot }) => snapshot.state === 'error');
  assert.deepEqual([his.snapshot.error.code, his.snapshot.pairs.size], [10007, 0]);
  await bob.chat.logout();
  await set(alice, message, 'alice_0', '3');
  await bob.chat.login({ userID: 'bob', userSig: sign('bob', 3600) });
  await his.ready();
  assert.deepEqual([his.votes, his.mine], [[0, 1, 1], ['2']]);
});

test('a result and a close that were missed are read', { timeout }, async (t) => {
  const proxy = await TcpProxy.open(t, hub);
  const rules = { write: 'own', questions: [{ choices: 3 }], show: 'summary' };
  const { alice, bob, message, copy } = await ask(t, rules, { proxy });
  const [hers, his] = [new View(t, alice, message), new View(t, bob, copy)];
  await Promise.all([hers.ready(), his.ready()]);
  proxy.cut();
  await bob.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
  await hers.vote('2');
  await hers.close();
  proxy.restore();
  await his.until(({ votes }) => votes.join() === '0,1,0');
  assert.equal(his.poll.closed, true);
});

test('what could not be read is read on the next connection', { timeout }, async (t) => {
  const { message } = await ask(t);
  const proxy = await TcpProxy.open(t, hub);
  const late = await User.logIn(t, hub, 'late', { url: proxy.url });
  const theirs = new View(t, late, message);
  await theirs.until(({ snapshot }) => snapshot.state === 'error');
  await late.chat.joinGroup({ groupID: message.to });
  proxy.cut();
  await late.waitFor(EVENT.NET_STATE_CHANGE, ({ state }) => state === 'disconnected');
  proxy.restore();
  await theirs.ready();
});

test('a draft is loading, and is there once it was sent', { timeout }, async (t) => {
  globalThis.window = globalThis; // without one nothing is followed: a server renders
  t.after(() => delete globalThis.window);
  const { alice, groupID } = await poll(t, hub);
  const draft = reactive(
    alice.chat.createCustomMessage({
      to: groupID,
      conversationType: TYPES.CONV_GROUP,
      isSupportExtension: true,
      payload,
    }),
  );
  const shown = compose(t, alice, () => usePoll(draft));
  assert.deepEqual([shown.state.value, shown.poll.value], ['loading', null]);
  await alice.chat.sendMessage(draft);
  await new Promise((resolve) => {
    const look = (state) => state === 'ready' && resolve();
    watch(shown.state, look, { immediate: true });
  });
  await shown.vote('2');
  assert.equal(shown.poll.value.total, 1);
});

test('in Vue, a vote behind a change of the message is for the new one', { timeout }, async (t) => {
  const { alice, message } = await ask(t);
  const other = await send(alice, message.to, { payload });
  const shown = shallowRef(message);
  const { vote } = compose(t, alice, () => usePoll(shown));
  shown.value = other;
  await vote('1');
  await alice.waitForPair(other.ID, 'alice_0', '1');
  const { data } = await alice.chat.getMessageExtensions(message);
  assert.deepEqual(data.extensions, []);
});
