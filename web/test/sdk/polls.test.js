// Messages with rules, on a real hub.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import TencentCloudChat from '../../sdk/index.js';
import { Hub } from '../hub.js';
import { codes, pairs, poll, secretKey, send, set } from './fixture.js';

const { EVENT } = TencentCloudChat;
const timeout = 60_000;

let hub;
before(
  async () => {
    hub = await Hub.start('--secret-key', secretKey);
  },
  { timeout: 300_000 },
);
after(() => hub.stop());

/** Alice sends a message with these rules, and Bob gets it. */
async function ask(t, extensionRules) {
  const { alice, bob, groupID } = await poll(t, hub);
  const message = await send(alice, groupID, { extensionRules });
  const [copy] = await bob.waitFor(EVENT.MESSAGE_RECEIVED, ([{ ID }]) => ID === message.ID);
  return { alice, bob, message, copy };
}

test(
  'what is hidden before the close is told at the close, and nobody votes after it',
  { timeout },
  async (t) => {
    const rules = { write: 'own', questions: [{ choices: 3 }], show: 'summary', reveal: 'closed' };
    const { alice, bob, message, copy } = await ask(t, rules);
    assert.deepEqual(copy.extensionRules.questions, [{ choices: 3, choose: 1 }]);
    await assert.rejects(set(bob, copy, 'alice', '1'), { code: 10007 });
    assert.deepEqual(codes(await set(bob, copy, 'bob', '2')), [0]);
    assert.deepEqual(codes(await set(bob, copy, 'bob', '3')), [0]);
    const of = (id, pairsToldOf) => (data) =>
      data.messageID === id && data.summary.pairs === pairsToldOf;
    const seen = await bob.waitFor(EVENT.MESSAGE_EXTENSIONS_SUMMARY, of(message.ID, 1));
    assert.equal(seen.summary.answers, undefined);
    assert.deepEqual(await pairs(bob, copy), new Map([['bob', '3']]));
    assert.deepEqual(await pairs(alice, message), new Map());
    const { data } = await alice.chat.getMessageExtensionSummary(message);
    assert.deepEqual(data.summary.answers, [[0, 0, 1]]);
    await assert.rejects(bob.chat.closeMessageExtensions(copy), { code: 10007 });
    const closed = await alice.chat.closeMessageExtensions(message);
    const told = await bob.waitFor(EVENT.MESSAGE_EXTENSIONS_CLOSED, of(message.ID, 1));
    assert.equal(told.closedSeq, closed.data.summary.closedSeq);
    assert.deepEqual(told.summary.answers, [[0, 0, 1]]);
    await assert.rejects(set(bob, copy, 'bob', '1'), { code: 23005 });
  },
);

test('pairs that were hidden until the close can be read after it', { timeout }, async (t) => {
  const { alice, bob, message, copy } = await ask(t, { write: 'own', reveal: 'closed' });
  assert.deepEqual(codes(await set(alice, message, 'alice', 'tea')), [0]);
  assert.deepEqual(codes(await set(bob, copy, 'bob', 'milk')), [0]);
  const own = new Map([['bob', 'milk']]);
  assert.deepEqual(await pairs(bob, copy), own);
  assert.deepEqual(await pairs(bob, copy), own, 'what came since is hidden, too');
  await alice.chat.closeMessageExtensions(message);
  await bob.waitFor(EVENT.MESSAGE_EXTENSIONS_CLOSED, ({ messageID }) => messageID === message.ID);
  const all = new Map([...own, ['alice', 'tea']]);
  assert.deepEqual(await pairs(bob, copy), all);
  assert.deepEqual(await pairs(bob, copy), all);
});

test(
  'an anonymous answer can be changed, under a key that says nothing',
  { timeout },
  async (t) => {
    const { alice, bob, message, copy } = await ask(t, { write: 'own', anonymous: true });
    for (const value of ['tea', 'milk', 'water']) {
      const { data } = await set(bob, copy, 'bob', value);
      assert.deepEqual(data.extensions, [{ code: 0, key: 'bob', value }]);
    }
    const [[key, value], ...others] = await pairs(alice, message);
    assert.match(key, /^~[\w-]{22}$/);
    assert.deepEqual([value, others], ['water', []]);
  },
);

test('a close is planned, moved and taken back', { timeout }, async (t) => {
  const soon = Math.floor(Date.now() / 1000) + 3600;
  const { alice, message } = await ask(t, { closeAt: soon });
  const closeAt = async (options) =>
    (await alice.chat.closeMessageExtensions(message, options)).data.summary.closeAt;
  assert.equal((await alice.chat.getMessageExtensionSummary(message)).data.summary.closeAt, soon);
  assert.equal(await closeAt({ closeAt: soon + 60 }), soon + 60);
  assert.equal(await closeAt({ closeAt: 0 }), undefined);
  assert.throws(() => alice.chat.closeMessageExtensions(message, { closeAt: 'now' }), /closeAt/);
  await assert.rejects(ask(t, { anonymus: true }), { code: -32602 });
});
