import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { WebSocket as RealSocket } from 'ws';
import TencentCloudChat, { ChatError } from '../../sdk/index.js';
import { explainUnreachable, serverAddress } from '../../sdk/server.js';

test('the server is named by its address, whatever kind, and /ws is its default path', () => {
  for (const [named, address] of [
    ['wss://hub.example/ws', 'wss://hub.example/ws'],
    ['wss://hub.example', 'wss://hub.example/ws'],
    ['https://hub.example', 'wss://hub.example/ws'],
    ['http://127.0.0.1:8080/', 'ws://127.0.0.1:8080/ws'],
    ['ws://[::1]:8080/chat/ws', 'ws://[::1]:8080/chat/ws'],
  ]) {
    assert.equal(serverAddress(named), address);
  }
  for (const wrong of ['hub.example', '', 'ftp://hub.example', 8080, {}]) {
    assert.throws(() => serverAddress(wrong), /proxyServer must be the address of the hub/);
  }
});

test('a chat can be made where nothing can be reached, and says so when it logs in', async () => {
  for (const [options, sentence] of [
    [{ SDKAppID: 101, WebSocket: RealSocket }, /proxyServer must be/],
    [{ SDKAppID: 102, proxyServer: 'wss://hub.example', WebSocket: null }, /WebSocket must be/],
  ]) {
    const chat = TencentCloudChat.create(options);
    await assert.rejects(
      chat.login({ userID: 'ada', userSig: 'sig' }),
      (error) => error instanceof ChatError && error.code === 3001 && sentence.test(error.message),
    );
    assert.equal(chat.isReady(), false);
    await chat.destroy();
  }
  assert.throws(
    () => TencentCloudChat.create({ SDKAppID: 103, proxyServer: 'hub' }),
    /proxyServer/,
  );
  for (const options of [undefined, null, 7]) {
    assert.throws(() => TencentCloudChat.create(options), /create takes \{ SDKAppID/);
  }
});

test('without a page and a server there is a sentence', () => {
  assert.throws(() => serverAddress(undefined), /proxyServer must be .* no page/);
});

/** Makes the test a page of this origin. */
function onPage(t, origin) {
  globalThis.location = new URL(origin);
  t.after(() => delete globalThis.location);
}

test('where nothing answers, the address that was tried is told', async (t) => {
  onPage(t, 'https://app.example');
  assert.equal(
    await explainUnreachable('ws://127.0.0.1:1/ws'),
    'The hub could not be reached at ws://127.0.0.1:1/ws.',
  );
});

test('where the hub is there, the origin is not allowed: the flag is told', async (t) => {
  const server = createServer((_, response) => response.end());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  onPage(t, 'https://app.example');
  const told = await explainUnreachable(`ws://127.0.0.1:${server.address().port}/ws`);
  assert.match(told, /--allowed-origin https:\/\/app\.example$/);
  onPage(t, `http://127.0.0.1:${server.address().port}`);
  assert.doesNotMatch(
    await explainUnreachable(`ws://127.0.0.1:${server.address().port}/ws`),
    /allowed-origin/,
  );
});
