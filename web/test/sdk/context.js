import { WebSocket as RealSocket } from 'ws';
import { Chat } from '../../sdk/chat.js';
import * as EVENT from '../../sdk/eventnames.js';
import { Clock } from './clock.js';
import { FakeHub } from './fakehub.js';

/** Starts a chat on a fake hub. heard is what its handlers got. */
export async function start(t, { random = () => 0, WebSocket = RealSocket } = {}) {
  const hub = await FakeHub.open(t);
  const clock = new Clock();
  const heard = [];
  const waiting = new Map();
  let wakeUp = () => {};
  let goOffline = () => {};
  const onWake = (check, drop) => {
    wakeUp = check;
    goOffline = drop;
    return () => (wakeUp = goOffline = () => {});
  };
  const later = (run) => setImmediate(() => run());
  const environment = { url: hub.url, WebSocket, clock, random, onWake, later };
  const chat = new Chat(1, environment, () => {});
  for (const name of Object.values(EVENT)) {
    chat.on(name, ({ data }) => {
      const label = data?.state ?? data?.type ?? name;
      heard.push(label);
      waiting.get(label)?.();
    });
  }
  const waitFor = (label) => new Promise((resolve) => waiting.set(label, resolve));
  t.after(() => chat.destroy());
  return { hub, clock, chat, heard, waitFor, wake: () => wakeUp(), offline: () => goOffline() };
}

export async function logIn(context) {
  const ready = context.waitFor(EVENT.SDK_READY);
  const [connection] = await Promise.all([
    context.hub.connection(),
    context.chat.login({ userID: 'alice', userSig: 'sig' }),
    ready,
  ]);
  await connection.request();
  return connection;
}

/** Loses the connection by drop and waits for the next login. */
export async function reconnect({ hub, clock, waitFor }, drop) {
  const gone = waitFor('disconnected');
  drop();
  await gone;
  const back = waitFor('connected');
  clock.advance(0);
  const connection = await hub.connection();
  await connection.request();
  await back;
  return connection;
}
