import { WebSocket as RealSocket } from 'ws';
import { Chat } from '../../sdk/chat.js';
import { EVENT } from '../../sdk/constants.js';
import { Clock } from './clock.js';
import { Door } from './door.js';

/** A chat on a door, with what its handlers heard. */
export async function start(t, { random = () => 0, WebSocket = RealSocket } = {}) {
  const door = await Door.open(t);
  const clock = new Clock();
  const heard = [];
  const waiting = new Map();
  let wakeUp = () => {};
  const watch = (check) => ((wakeUp = check), () => (wakeUp = () => {}));
  const chat = new Chat(1, { url: door.url, WebSocket, clock, random, watch }, () => {});
  for (const name of Object.values(EVENT)) {
    chat.on(name, ({ data }) => {
      const label = data?.state ?? data?.type ?? name;
      heard.push(label);
      waiting.get(label)?.();
    });
  }
  const hears = (label) => new Promise((resolve) => waiting.set(label, resolve));
  t.after(() => chat.destroy());
  return { door, clock, chat, heard, hears, wake: () => wakeUp() };
}

export async function logIn(context) {
  const [visit] = await Promise.all([
    context.door.visit(),
    context.chat.login({ userID: 'alice', userSig: 'sig' }),
  ]);
  await visit.request();
  return visit;
}

/** Lets the connection go and the next attempt come. */
export async function reconnect({ door, clock, hears }, drop) {
  const gone = hears('disconnected');
  drop();
  await gone;
  const back = hears('connected');
  clock.advance(0);
  const visit = await door.visit();
  await visit.request();
  await back;
  return visit;
}
