// How a session survives bad sockets. The hub is a fake one that behaves badly; see fakehub.js.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALL_MS } from '../../sdk/connection.js';
import * as EVENT from '../../sdk/eventnames.js';
import { PONG_MS, WAKE_PONG_MS } from '../../sdk/heartbeat.js';
import { logIn, reconnect, start } from './context.js';

const brief = { timeout: 10_000 };

const message = { ID: 'g.demo.1', status: 'success', isSupportExtension: true };

test('login is the first frame, and the app hears its states in order', brief, async (t) => {
  const context = await start(t);
  const { chat, hub, heard, waitFor } = context;
  const ready = waitFor(EVENT.SDK_READY);
  const login = chat.login({ userID: 'alice', userSig: 'sig' });
  const connection = await hub.connection();
  const { method, params } = await connection.request();
  assert.equal(method, 'login');
  assert.deepEqual(params, { sdkAppID: 1, userID: 'alice', userSig: 'sig', batch: true });
  const { code, data } = await login;
  assert.deepEqual([code, data.actionStatus, data.sessionID], [0, 'OK', 's']);
  await ready;
  assert.deepEqual(heard, ['connecting', 'connected', EVENT.SDK_READY]);
  assert.equal(chat.getServerTime(), 1_700_000_100);
  assert.equal((await chat.login({ userID: 'alice', userSig: 'sig' })).data.repeatLogin, true);
  await assert.rejects(chat.login({ userID: 'bob', userSig: 'sig' }), { code: 2025 });
});

test('a first login that fails is not tried again', brief, async (t) => {
  const context = await start(t);
  const { chat, clock, hub, heard } = context;
  hub.answers.login = () => ({ code: 70001, message: 'expired' });
  await assert.rejects(chat.login({ userID: 'alice', userSig: 'sig' }), {
    code: 70001,
    message: 'expired',
  });
  assert.deepEqual(heard, ['connecting', 'disconnected']);
  assert.equal(clock.timerCount, 0);
  await assert.rejects(chat.getMessageExtensions(message), { code: 3001 });
});

test(
  'a socket that goes in one stroke with the answer to the login is no connection',
  brief,
  async (t) => {
    // No network does this on demand, so the socket is a fake.
    class Abrupt {
      constructor() {
        queueMicrotask(() => this.onopen());
      }
      send(frame) {
        const { id } = JSON.parse(frame);
        this.onmessage({
          data: JSON.stringify({
            jsonrpc: '2.0',
            id,
            result: { heartbeatInterval: 30, time: 1, limits: {} },
          }),
        });
        this.onclose({ code: 4001, reason: '' });
      }
      close() {}
    }
    const { chat, heard } = await start(t, { WebSocket: Abrupt });
    await assert.rejects(chat.login({ userID: 'alice', userSig: 'sig' }), { code: 2800 });
    assert.deepEqual(heard, ['connecting', 'disconnected']);
  },
);

test('where nobody listens, login says so', brief, async (t) => {
  const { chat, hub } = await start(t);
  hub.close();
  await assert.rejects(chat.login({ userID: 'alice', userSig: 'sig' }), { code: 2800 });
});

for (const code of [1001, 1011, 4001, 4002, 4003, 4099]) {
  test(`after a close with ${code} the session comes back by itself`, brief, async (t) => {
    const context = await start(t);
    const connection = await logIn(context);
    await reconnect(context, () => connection.close(code));
    assert.deepEqual(context.heard.slice(3), ['disconnected', 'connecting', 'connected']);
    assert.ok(context.chat.isReady());
  });
}

for (const [code, type, notReady] of [
  [4401, 'userSigExpired', 3004],
  [4403, 'multipleDevice', 3002],
  [4400, '', 3001],
  [4499, '', 3001],
]) {
  test(`after a close with ${code} it does not`, brief, async (t) => {
    const context = await start(t);
    const connection = await logIn(context);
    const over = context.waitFor(EVENT.SDK_NOT_READY);
    connection.close(code);
    await over;
    assert.deepEqual(
      context.heard.slice(3),
      ['disconnected', type, EVENT.SDK_NOT_READY].filter(Boolean),
    );
    assert.equal(context.clock.timerCount, 0);
    assert.equal(context.chat.isReady(), false);
    await assert.rejects(context.chat.getMessageExtensions(message), { code: notReady });
  });
}

test('kicked out by a notification: said once, whatever close follows', brief, async (t) => {
  const context = await start(t);
  const connection = await logIn(context);
  const over = context.waitFor(EVENT.SDK_NOT_READY);
  connection.notify(['KICKED_OUT', { type: 'REST_API_Kick' }]);
  connection.close(4403);
  await over;
  assert.deepEqual(context.heard.slice(3), ['disconnected', 'REST_API_Kick', EVENT.SDK_NOT_READY]);
  await assert.rejects(context.chat.getMessageExtensions(message), { code: 3006 });
});

test('the UserSig was revoked while the session was away: kicked out', brief, async (t) => {
  const context = await start(t, { random: () => 0 });
  const { hub, waitFor, heard } = context;
  const connection = await logIn(context);
  hub.answers.login = () => ({ code: 70052, message: 'revoked' });
  const over = waitFor(EVENT.SDK_NOT_READY);
  connection.cut();
  await waitFor('disconnected');
  context.clock.advance(1000);
  await over;
  assert.deepEqual(heard.slice(-3), ['disconnected', 'REST_API_Kick', EVENT.SDK_NOT_READY]);
  await assert.rejects(context.chat.getMessageExtensions(message), { code: 3006 });
});

test(
  'the wait grows while the hub is away, and the hub says when it is enough',
  brief,
  async (t) => {
    const context = await start(t, { random: () => 0.5 });
    const { hub, clock, waitFor, heard } = context;
    const connection = await logIn(context);
    const refusals = [
      { code: 10002, message: 'not now' },
      { code: 10002, message: 'not now' },
      { code: 70001, message: 'expired' },
    ];
    hub.answers.login = () => refusals.shift();
    let gone = waitFor('disconnected');
    connection.cut();
    await gone;
    for (const wait of [250, 500]) {
      clock.advance(wait - 1);
      assert.equal(heard.at(-1), 'disconnected', 'too early');
      gone = waitFor('disconnected');
      clock.advance(1);
      await gone;
    }
    const over = waitFor(EVENT.SDK_NOT_READY);
    clock.advance(1000);
    await over;
    assert.deepEqual(heard.slice(-3), ['disconnected', 'userSigExpired', EVENT.SDK_NOT_READY]);
  },
);

test(
  'a write under way when the connection goes is rejected, because it may have been done',
  brief,
  async (t) => {
    const context = await start(t);
    const connection = await logIn(context);
    const write = context.chat.joinGroup({ groupID: 'demo' });
    await connection.request();
    connection.cut();
    await assert.rejects(write, { code: 2800 });
  },
);

test('a read under way when the connection goes is sent again', brief, async (t) => {
  const context = await start(t);
  const connection = await logIn(context);
  const read = context.chat.getGroupMemberList({ groupID: 'demo' });
  await connection.request();
  const next = await reconnect(context, () => connection.cut());
  next.answer(await next.request(), {
    memberList: [{ userID: 'alice', role: 'Owner', joinTime: 1 }],
    offset: 0,
  });
  assert.equal((await read).data.memberList.length, 1);
});

test('a call made while there is no connection waits for the next one', brief, async (t) => {
  const context = await start(t);
  const connection = await logIn(context);
  const gone = context.waitFor('disconnected');
  connection.cut();
  await gone;
  const join = context.chat.joinGroup({ groupID: 'demo' });
  context.clock.advance(0);
  const next = await context.hub.connection();
  assert.equal((await next.request()).method, 'login');
  next.answer(await next.request(), { status: 'JoinedSuccess', group: { groupID: 'demo' } });
  assert.equal((await join).data.status, 'JoinedSuccess');
});

test('but not for ever, and not beyond logout', brief, async (t) => {
  const context = await start(t, { random: () => 1 });
  const { chat, clock, waitFor } = context;
  const connection = await logIn(context);
  const gone = waitFor('disconnected');
  connection.cut();
  await gone;
  context.hub.close();
  const late = assert.rejects(chat.joinGroup({ groupID: 'demo' }), { code: 2805 });
  clock.advance(CALL_MS);
  await late;
  const left = assert.rejects(chat.joinGroup({ groupID: 'demo' }), { code: 3005 });
  await chat.logout();
  await left;
});

test('a call that is not answered is rejected when its time is up', brief, async (t) => {
  const context = await start(t);
  const connection = await logIn(context);
  const write = assert.rejects(context.chat.joinGroup({ groupID: 'demo' }), { code: 2801 });
  await connection.request();
  context.clock.advance(CALL_MS);
  await write;
});

test('a socket that looks open and is dead is found by the ping and replaced', brief, async (t) => {
  const context = await start(t);
  const { hub, clock } = context;
  const connection = await logIn(context);
  delete hub.answers.ping;
  clock.advance(30_000);
  assert.equal((await connection.request()).method, 'ping');
  await reconnect(context, () => clock.advance(PONG_MS));
  assert.deepEqual(context.heard.slice(3), ['disconnected', 'connecting', 'connected']);
});

test(
  'a page that is shown again asks at once whether its socket lives, and waits less',
  brief,
  async (t) => {
    const context = await start(t);
    const connection = await logIn(context);
    delete context.hub.answers.ping;
    context.wake();
    assert.equal((await connection.request()).method, 'ping');
    await reconnect(context, () => context.clock.advance(WAKE_PONG_MS));
  },
);

test('a page that is shown again does not wait for the next attempt', brief, async (t) => {
  const context = await start(t, { random: () => 1 });
  const { hub, waitFor, wake } = context;
  const connection = await logIn(context);
  const gone = waitFor('disconnected');
  connection.cut();
  await gone;
  const back = waitFor('connected');
  wake();
  wake();
  await hub.connection();
  await back;
});

test(
  'each connection gets a fresh UserSig, and a function that fails ends nothing',
  brief,
  async (t) => {
    const context = await start(t);
    const { chat, clock, hub, waitFor } = context;
    const userSigs = ['first', new Error('the backend is down'), 'second'];
    const userSig = async () => {
      const next = userSigs.shift();
      if (next instanceof Error) throw next;
      return next;
    };
    const [connection] = await Promise.all([
      hub.connection(),
      chat.login({ userID: 'alice', userSig }),
    ]);
    assert.equal((await connection.request()).params.userSig, 'first');
    for (const end of [() => connection.cut(), () => clock.advance(0)]) {
      const gone = waitFor('disconnected');
      end();
      await gone;
    }
    clock.advance(0);
    const next = await hub.connection();
    assert.equal((await next.request()).params.userSig, 'second');
  },
);

test(
  'a UserSig that expires ends the session, unless there is a way to a fresh one',
  brief,
  async (t) => {
    const expire = (connection) => {
      connection.notify(['KICKED_OUT', { type: 'userSigExpired' }]);
      connection.close(4401);
    };
    for (const userSig of ['sig', () => 'sig']) {
      const context = await start(t);
      const { chat, hub, heard, waitFor } = context;
      const ready = waitFor(EVENT.SDK_READY);
      const [connection] = await Promise.all([
        hub.connection(),
        chat.login({ userID: 'alice', userSig }),
        ready,
      ]);
      await connection.request();
      if (typeof userSig === 'function') {
        await reconnect(context, () => expire(connection));
        assert.deepEqual(heard.slice(3), ['disconnected', 'connecting', 'connected']);
      } else {
        const over = waitFor(EVENT.SDK_NOT_READY);
        expire(connection);
        await over;
        assert.deepEqual(heard.slice(3), ['disconnected', 'userSigExpired', EVENT.SDK_NOT_READY]);
      }
    }
  },
);

test(
  "a frame that is not the protocol's is a broken socket, not a broken session",
  brief,
  async (t) => {
    t.mock.method(console, 'error', () => {});
    const context = await start(t);
    let connection = await logIn(context);
    for (const frame of ['{', '[1]', '{"jsonrpc":"1.0","id":1,"result":{}}', 'null']) {
      connection = await reconnect(context, () => connection.send(frame));
    }
  },
);

test('several notifications in one frame come in their order', brief, async (t) => {
  const context = await start(t);
  const connection = await logIn(context);
  const done = context.waitFor(EVENT.MESSAGE_EXTENSIONS_DELETED);
  connection.notify(
    [
      'MESSAGE_RECEIVED',
      { messages: [{ ID: 'g.demo.1', conversationID: 'GROUPdemo', from: 'bob', time: 1 }] },
    ],
    [
      'MESSAGE_EXTENSIONS_UPDATED',
      { messageID: 'g.demo.1', extensions: [{ key: 'a', value: '1', seq: 1 }], latestSeq: 1 },
    ],
    ['SOMETHING_NEW', {}],
    ['MESSAGE_EXTENSIONS_DELETED', { messageID: 'g.demo.1', keyList: ['a'], latestSeq: 2 }],
  );
  await done;
  assert.deepEqual(context.heard.slice(3), [
    EVENT.MESSAGE_RECEIVED,
    EVENT.MESSAGE_EXTENSIONS_UPDATED,
    EVENT.MESSAGE_EXTENSIONS_DELETED,
  ]);
  assert.equal(context.chat.findMessage('g.demo.1').flow, 'in');
});

test('logout while logging in ends that too', brief, async (t) => {
  const { chat, clock, hub, heard } = await start(t);
  delete hub.answers.login;
  const login = assert.rejects(chat.login({ userID: 'alice', userSig: 'sig' }), { code: 3005 });
  await (await hub.connection()).request();
  await assert.rejects(chat.joinGroup({ groupID: 'demo' }), { code: 3000 });
  await chat.logout();
  await login;
  assert.deepEqual(heard, ['connecting', 'disconnected']);
  assert.equal(clock.timerCount, 0);
});

test('after logout nothing is left behind', brief, async (t) => {
  const context = await start(t);
  const { chat, clock, heard } = context;
  await logIn(context);
  await chat.logout();
  assert.deepEqual(heard.slice(3), ['disconnected', EVENT.SDK_NOT_READY]);
  assert.equal(clock.timerCount, 0);
  assert.equal(chat.getLoginUser(), '');
  await assert.rejects(chat.getMessageExtensions(message), { code: 3005 });
  await chat.logout();
});
