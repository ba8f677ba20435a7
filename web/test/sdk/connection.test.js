// How a session lives through bad sockets. The door here is a bad one on purpose; see door.js.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALL_MS, PONG_MS, WAKE_PONG_MS } from '../../sdk/connection.js';
import { EVENT } from '../../sdk/constants.js';
import { logIn, reconnect, start } from './context.js';

const soon = { timeout: 10_000 };

const message = { ID: 'g.demo.1', status: 'success', isSupportExtension: true };

test('login is the first frame, and the app hears its states in order', soon, async (t) => {
  const context = await start(t);
  const { chat, door, heard } = context;
  const login = chat.login({ userID: 'alice', userSig: 'sig' });
  const visit = await door.visit();
  const { method, params } = await visit.request();
  assert.equal(method, 'login');
  assert.deepEqual(params, { sdkAppID: 1, userID: 'alice', userSig: 'sig', batch: true });
  const { code, data } = await login;
  assert.deepEqual([code, data.actionStatus, data.sessionID], [0, 'OK', 's']);
  assert.deepEqual(heard, ['connecting', 'connected', EVENT.SDK_READY]);
  assert.equal(chat.getServerTime(), 1_700_000_100);
  assert.equal((await chat.login({ userID: 'alice', userSig: 'sig' })).data.repeatLogin, true);
  await assert.rejects(chat.login({ userID: 'bob', userSig: 'sig' }), { code: 2025 });
});

test('a first login that fails is not tried again', soon, async (t) => {
  const context = await start(t);
  const { chat, clock, door, heard } = context;
  door.answers.login = () => ({ code: 70001, message: 'expired' });
  await assert.rejects(chat.login({ userID: 'alice', userSig: 'sig' }), {
    code: 70001,
    message: 'expired',
  });
  assert.deepEqual(heard, ['connecting', 'disconnected']);
  assert.equal(clock.waiting, 0);
  await assert.rejects(chat.getMessageExtensions(message), { code: 3001 });
});

test(
  'a socket that goes in one stroke with the answer to the login is no connection',
  soon,
  async (t) => {
    // No network does this on demand, so this socket is none.
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

test('where nobody listens, login says so', soon, async (t) => {
  const { chat, door } = await start(t);
  door.close();
  await assert.rejects(chat.login({ userID: 'alice', userSig: 'sig' }), { code: 2800 });
});

for (const code of [1001, 1011, 4001, 4002, 4003, 4099]) {
  test(`after a close with ${code} the session comes back by itself`, soon, async (t) => {
    const context = await start(t);
    const visit = await logIn(context);
    await reconnect(context, () => visit.close(code));
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
  test(`after a close with ${code} it does not`, soon, async (t) => {
    const context = await start(t);
    const visit = await logIn(context);
    const over = context.hears(EVENT.SDK_NOT_READY);
    visit.close(code);
    await over;
    assert.deepEqual(
      context.heard.slice(3),
      ['disconnected', type, EVENT.SDK_NOT_READY].filter(Boolean),
    );
    assert.equal(context.clock.waiting, 0);
    assert.equal(context.chat.isReady(), false);
    await assert.rejects(context.chat.getMessageExtensions(message), { code: notReady });
  });
}

test('kicked out by a notification: said once, whatever close follows', soon, async (t) => {
  const context = await start(t);
  const visit = await logIn(context);
  const over = context.hears(EVENT.SDK_NOT_READY);
  visit.notify(['KICKED_OUT', { type: 'REST_API_Kick' }]);
  visit.close(4403);
  await over;
  assert.deepEqual(context.heard.slice(3), ['disconnected', 'REST_API_Kick', EVENT.SDK_NOT_READY]);
  await assert.rejects(context.chat.getMessageExtensions(message), { code: 3006 });
});

test(
  'the wait grows while the hub is away, and the hub says when it is enough',
  soon,
  async (t) => {
    const context = await start(t, { random: () => 0.5 });
    const { door, clock, hears, heard } = context;
    const visit = await logIn(context);
    const refusals = [
      { code: 10002, message: 'not now' },
      { code: 10002, message: 'not now' },
      { code: 70001, message: 'expired' },
    ];
    door.answers.login = () => refusals.shift();
    let gone = hears('disconnected');
    visit.cut();
    await gone;
    for (const wait of [250, 500]) {
      clock.advance(wait - 1);
      assert.equal(heard.at(-1), 'disconnected', 'too early');
      gone = hears('disconnected');
      clock.advance(1);
      await gone;
    }
    const over = hears(EVENT.SDK_NOT_READY);
    clock.advance(1000);
    await over;
    assert.deepEqual(heard.slice(-3), ['disconnected', 'userSigExpired', EVENT.SDK_NOT_READY]);
  },
);

test(
  'a write under way when the connection goes is rejected, because it may have been done',
  soon,
  async (t) => {
    const context = await start(t);
    const visit = await logIn(context);
    const write = context.chat.setMessageExtensions(message, [{ key: 'a', value: '1' }]);
    await visit.request();
    visit.cut();
    await assert.rejects(write, { code: 2800 });
  },
);

test('a read under way when the connection goes is sent again', soon, async (t) => {
  const context = await start(t);
  const visit = await logIn(context);
  const read = context.chat.getGroupMemberList({ groupID: 'demo' });
  await visit.request();
  const next = await reconnect(context, () => visit.cut());
  next.answer(await next.request(), {
    memberList: [{ userID: 'alice', role: 'Owner', joinTime: 1 }],
    offset: 0,
  });
  assert.equal((await read).data.memberList.length, 1);
});

test('a call made while there is no connection waits for the next one', soon, async (t) => {
  const context = await start(t);
  const visit = await logIn(context);
  const gone = context.hears('disconnected');
  visit.cut();
  await gone;
  const join = context.chat.joinGroup({ groupID: 'demo' });
  context.clock.advance(0);
  const next = await context.door.visit();
  assert.equal((await next.request()).method, 'login');
  next.answer(await next.request(), { status: 'JoinedSuccess', group: { groupID: 'demo' } });
  assert.equal((await join).data.status, 'JoinedSuccess');
});

test('but not for ever, and not beyond logout', soon, async (t) => {
  const context = await start(t, { random: () => 1 });
  const { chat, clock, hears } = context;
  const visit = await logIn(context);
  const gone = hears('disconnected');
  visit.cut();
  await gone;
  context.door.close();
  const late = assert.rejects(chat.joinGroup({ groupID: 'demo' }), { code: 2805 });
  clock.advance(CALL_MS);
  await late;
  const left = assert.rejects(chat.joinGroup({ groupID: 'demo' }), { code: 3005 });
  await chat.logout();
  await left;
});

test('a call that is not answered is rejected when its time is up', soon, async (t) => {
  const context = await start(t);
  const visit = await logIn(context);
  const write = assert.rejects(context.chat.joinGroup({ groupID: 'demo' }), { code: 2801 });
  await visit.request();
  context.clock.advance(CALL_MS);
  await write;
});

test('a socket that looks open and is dead is found by the ping and replaced', soon, async (t) => {
  const context = await start(t);
  const { door, clock } = context;
  const visit = await logIn(context);
  delete door.answers.ping;
  clock.advance(30_000);
  assert.equal((await visit.request()).method, 'ping');
  await reconnect(context, () => clock.advance(PONG_MS));
  assert.deepEqual(context.heard.slice(3), ['disconnected', 'connecting', 'connected']);
});

test(
  'a page that is shown again asks at once whether its socket lives, and waits less',
  soon,
  async (t) => {
    const context = await start(t);
    const visit = await logIn(context);
    delete context.door.answers.ping;
    context.wake();
    assert.equal((await visit.request()).method, 'ping');
    await reconnect(context, () => context.clock.advance(WAKE_PONG_MS));
  },
);

test('a page that is shown again does not wait for the next attempt', soon, async (t) => {
  const context = await start(t, { random: () => 1 });
  const { door, hears, wake } = context;
  const visit = await logIn(context);
  const gone = hears('disconnected');
  visit.cut();
  await gone;
  const back = hears('connected');
  wake();
  wake();
  await door.visit();
  await back;
});

test(
  'each connection gets a fresh UserSig, and a failing ticket server ends nothing',
  soon,
  async (t) => {
    const context = await start(t);
    const { chat, clock, door, hears } = context;
    const tickets = ['first', new Error('the ticket server is down'), 'second'];
    const userSig = async () => {
      const ticket = tickets.shift();
      if (ticket instanceof Error) throw ticket;
      return ticket;
    };
    const [visit] = await Promise.all([door.visit(), chat.login({ userID: 'alice', userSig })]);
    assert.equal((await visit.request()).params.userSig, 'first');
    for (const end of [() => visit.cut(), () => clock.advance(0)]) {
      const gone = hears('disconnected');
      end();
      await gone;
    }
    clock.advance(0);
    const next = await door.visit();
    assert.equal((await next.request()).params.userSig, 'second');
  },
);

test(
  'a UserSig that expires ends the session, unless there is a way to a fresh one',
  soon,
  async (t) => {
    const expire = (visit) => {
      visit.notify(['KICKED_OUT', { type: 'userSigExpired' }]);
      visit.close(4401);
    };
    for (const userSig of ['sig', () => 'sig']) {
      const context = await start(t);
      const { chat, door, heard, hears } = context;
      const [visit] = await Promise.all([door.visit(), chat.login({ userID: 'alice', userSig })]);
      await visit.request();
      if (typeof userSig === 'function') {
        await reconnect(context, () => expire(visit));
        assert.deepEqual(heard.slice(3), ['disconnected', 'connecting', 'connected']);
      } else {
        const over = hears(EVENT.SDK_NOT_READY);
        expire(visit);
        await over;
        assert.deepEqual(heard.slice(3), ['disconnected', 'userSigExpired', EVENT.SDK_NOT_READY]);
      }
    }
  },
);

test(
  "a frame that is not the protocol's is a broken socket, not a broken session",
  soon,
  async (t) => {
    t.mock.method(console, 'error', () => {});
    const context = await start(t);
    let visit = await logIn(context);
    for (const frame of ['{', '[1]', '{"jsonrpc":"1.0","id":1,"result":{}}', 'null']) {
      visit = await reconnect(context, () => visit.send(frame));
    }
  },
);

test('several notifications in one frame come in their order', soon, async (t) => {
  const context = await start(t);
  const visit = await logIn(context);
  const done = context.hears(EVENT.MESSAGE_EXTENSIONS_DELETED);
  visit.notify(
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

test('logout while logging in ends that too', soon, async (t) => {
  const { chat, clock, door, heard } = await start(t);
  delete door.answers.login;
  const login = assert.rejects(chat.login({ userID: 'alice', userSig: 'sig' }), { code: 3005 });
  await (await door.visit()).request();
  await assert.rejects(chat.joinGroup({ groupID: 'demo' }), { code: 3000 });
  await chat.logout();
  await login;
  assert.deepEqual(heard, ['connecting', 'disconnected']);
  assert.equal(clock.waiting, 0);
});

test('after logout nothing is left behind', soon, async (t) => {
  const context = await start(t);
  const { chat, clock, heard } = context;
  await logIn(context);
  await chat.logout();
  assert.deepEqual(heard.slice(3), ['disconnected', EVENT.SDK_NOT_READY]);
  assert.equal(clock.waiting, 0);
  assert.equal(chat.getLoginUser(), '');
  await assert.rejects(chat.getMessageExtensions(message), { code: 3005 });
  await chat.logout();
});
