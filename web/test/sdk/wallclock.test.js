// The time of day decides nothing: clocks are wrong, are set, and differ from hub to hub.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { CALL_MS } from '../../sdk/connection.js';
import * as EVENT from '../../sdk/eventnames.js';
import { logIn, reconnect, start } from './context.js';

const brief = { timeout: 10_000 };
const HOUR = 3_600_000;

const text = (sequence, time, of = {}) => ({
  ID: `g.demo.${sequence}`,
  conversationID: 'GROUPdemo',
  conversationType: 'GROUP',
  from: 'bob',
  to: 'demo',
  time,
  sequence,
  ...of,
});
const letter = (n, time) =>
  text(n, time, { ID: `c.bob.alice.${n}`, conversationID: 'C2Cbob', conversationType: 'C2C' });
const page = (...messageList) => ({ messageList, nextReqMessageID: '', isCompleted: true });

for (const [kind, made] of Object.entries({ group: text, 'one-to-one': letter })) {
  test(`${kind}: what a hub whose clock is behind took meanwhile is told`, brief, async (t) => {
    const context = await start(t);
    const { chat, waitFor } = context;
    const connection = await logIn(context);
    const told = [];
    chat.on(EVENT.MESSAGE_RECEIVED, ({ data }) => told.push(...data.map(({ ID }) => ID)));
    const first = waitFor(EVENT.MESSAGE_RECEIVED);
    connection.notify(['MESSAGE_RECEIVED', { messages: [made(7, 1_700_000_000)] }]);
    await first;
    const next = await reconnect(context, () => connection.cut());
    const missed = waitFor(EVENT.MESSAGE_RECEIVED);
    const list = [
      made(6, 1_700_000_000),
      made(7, 1_700_000_000),
      made(8, 5),
      made(9, 1_600_000_000),
    ];
    next.answer(await next.request(), page(...list));
    await missed;
    assert.deepEqual(
      told,
      [7, 8, 9].map((n) => made(n).ID),
    );
  });

  test(
    `${kind}: what came into an empty conversation is told, whatever the clocks`,
    brief,
    async (t) => {
      const context = await start(t);
      const { chat, clock, waitFor } = context;
      clock.skew = HOUR;
      const connection = await logIn(context);
      const { conversationID } = made(1, 5);
      const listed = chat.getMessageList({ conversationID });
      connection.answer(await connection.request(), page());
      await listed;
      clock.skew = -HOUR;
      const next = await reconnect(context, () => connection.cut());
      const missed = waitFor(EVENT.MESSAGE_RECEIVED);
      next.answer(await next.request(), page(made(1, 5)));
      await missed;
    },
  );
}

test('an answer that overtakes an older message hides no gap', brief, async (t) => {
  const context = await start(t);
  const { chat, waitFor } = context;
  const connection = await logIn(context);
  const first = waitFor(EVENT.MESSAGE_RECEIVED);
  connection.notify(['MESSAGE_RECEIVED', { messages: [text(1, 1)] }]);
  await first;
  const draft = chat.createTextMessage({
    to: 'demo',
    conversationType: 'GROUP',
    payload: { text: 'mine' },
  });
  const sending = chat.sendMessage(draft);
  const mine = text(3, 1, { from: 'alice', random: draft.random });
  connection.answer(await connection.request(), { message: mine });
  await sending;
  const next = await reconnect(context, () => connection.cut());
  const missed = waitFor(EVENT.MESSAGE_RECEIVED);
  const told = new Promise((resolve) => chat.once(EVENT.MESSAGE_RECEIVED, resolve));
  next.answer(await next.request(), page(text(1, 1), text(2, 1), mine));
  await missed;
  assert.deepEqual(
    (await told).data.map(({ sequence }) => sequence),
    [2],
  );
});

test('a call that waits while the clock is set back ends in its time', brief, async (t) => {
  const context = await start(t);
  const { chat, clock } = context;
  const connection = await logIn(context);
  const before = chat.getServerTime();
  const call = assert.rejects(chat.joinGroup({ groupID: 'demo' }), { code: 2801 });
  await connection.request();
  clock.skew = -HOUR;
  assert.equal(chat.getServerTime(), before, 'the hub’s time does not jump');
  clock.advance(CALL_MS);
  await call;
});

test('the SDK asks for the time of day to show and to number, never to decide', async () => {
  const sdk = new URL('../../sdk/', import.meta.url);
  const asked = [];
  for (const name of (await readdir(sdk)).filter((one) => one.endsWith('.js'))) {
    const source = await readFile(new URL(name, sdk), 'utf8');
    if (/\bDate\b|\.time\(\)/.test(source.replace(/\/\*[^]*?\*\/|\/\/ .*/g, ''))) asked.push(name);
  }
  assert.deepEqual(asked, ['chat.js', 'chatsession.js', 'environment.js', 'message.js']);
});
