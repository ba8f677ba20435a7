// What the browser knows of the line, and what silence on it means.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALL_MS } from '../../sdk/connection.js';
import { WAKE_PONG_MS } from '../../sdk/heartbeat.js';
import { logIn, reconnect, start } from './context.js';

const brief = { timeout: 10_000 };

test('offline is disconnected at once, and online connected at once', brief, async (t) => {
  const context = await start(t, { random: () => 1 });
  const { hub, waitFor, heard, offline, wake } = context;
  await logIn(context);
  offline();
  assert.equal(heard[heard.length - 1], 'disconnected');
  const back = waitFor('connected');
  wake();
  await hub.connection();
  await back;
});

test(
  'after a call without an answer the socket is checked, and replaced if dead',
  brief,
  async (t) => {
    const context = await start(t);
    const { chat, clock, hub } = context;
    const connection = await logIn(context);
    delete hub.answers.ping;
    const call = assert.rejects(chat.joinGroup({ groupID: 'demo' }), { code: 2801 });
    await connection.request();
    clock.advance(CALL_MS);
    await call;
    assert.equal((await connection.request()).method, 'ping');
    await reconnect(context, () => clock.advance(WAKE_PONG_MS));
  },
);
