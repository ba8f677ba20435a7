// Who a widget is to the hub, and over which connection. Widgets of one page that name the same hub
// and the same ticket share a chat, and so a socket.
import { Client } from '../sdk/client.js';
import { environmentAt } from '../sdk/environment.js';
import { toWebSocket } from '../sdk/server.js';
import { Session } from '../sdk/session.js';

/**
 * @typedef {import('./index.js').WidgetClient} WidgetClient
 * @typedef {import('./index.js').Ticket} Ticket
 * @typedef {import('./index.js').TicketSource} TicketSource
 *
 * @typedef {object} Entrance
 * @property {Promise<Client<Session>>} chat logged in
 * @property {() => void} leave the last one who leaves ends the session
 */

/** Milliseconds before its end from which a guest's UserSig is not used any more. */
const MARGIN_MS = 60_000;

/** The SDK's code for what was not sent. */
const NO_CONNECTION = 2805;

/**
 * By hub and ticket.
 *
 * @type {Map<string, Map<unknown, { users: number, chat: Promise<Client<Session>> }>>}
 */
const shared = new Map();

/**
 * Returns the address of the hub, with a slash at its end: the one that is named, else the one that
 * served this script, else the page's own host.
 *
 * @param {string | null} named
 */
export function hubAddress(named) {
  const script = import.meta.url || '';
  const home = /\/widgets[^/]*\.js$/.test(script.split(/[?#]/)[0] ?? '') ? script : '/';
  const url =
    named === null
      ? new URL('.', new URL(home, document.baseURI))
      : new URL(named, document.baseURI);
  return url.href.replace(/\/*$/, '/');
}

/**
 * Logs in, unless another widget has done so.
 *
 * @param {string} hub
 * @param {TicketSource | null} ticket null for a guest
 * @returns {Entrance}
 */
export function enter(hub, ticket) {
  const byTicket = shared.get(hub) ?? new Map();
  shared.set(hub, byTicket);
  const forget = () => byTicket.get(ticket) === one && byTicket.delete(ticket);
  const one = byTicket.get(ticket) ?? { users: 0, chat: logIn(hub, ticket, () => forget()) };
  byTicket.set(ticket, one);
  one.users++;
  one.chat.catch(forget);
  const leave = () => {
    if (--one.users) return;
    forget();
    one.chat.then(
      (/** @type {Client<Session>} */ chat) => chat.destroy(),
      () => {},
    );
  };
  return { chat: one.chat, leave };
}

/**
 * @param {string} hub
 * @param {TicketSource | null} source
 * @param {() => void} onEnd
 */
async function logIn(hub, source, onEnd) {
  const kept = source === null ? storedTicket(hub) : null;
  const ask = () => askTicket(hub, source);
  if (!kept) return begin(hub, await ask(), ask, onEnd);
  try {
    return await begin(hub, kept, ask, onEnd);
  } catch (error) {
    if (!(/** @type {any} */ (error).code >= 70_000)) throw error;
    return begin(hub, await ask(), ask, onEnd); // it was good by this machine's clock only
  }
}

/**
 * @param {string} hub
 * @param {Ticket} ticket
 * @param {() => Promise<Ticket>} ask
 * @param {() => void} onEnd
 */
async function begin(hub, { sdkAppID, userID, userSig }, ask, onEnd) {
  const environment = environmentAt(() => toWebSocket(new URL('ws', hub)));
  const chat = new Client(sdkAppID ?? (await appOf(userSig)), environment, Session);
  let first = userSig;
  const renew = async () => {
    const ticket = await ask();
    // Somebody else from now on: the widgets begin anew, and ask again.
    if (ticket.userID !== userID) void chat.logout();
    return ticket.userSig;
  };
  chat.on('sdkStateNotReady', onEnd);
  await chat.login({
    userID,
    userSig: () => {
      const now = first;
      first = '';
      return now || renew();
    },
  });
  return chat;
}

/**
 * @param {string} hub
 * @param {TicketSource | null} source
 * @returns {Promise<Ticket>}
 */
async function askTicket(hub, source) {
  if (typeof source === 'function') return source();
  if (typeof source === 'string') return load(new URL(source, document.baseURI));
  return source ?? askGuestTicket(hub);
}

/** @param {string} hub */
async function askGuestTicket(hub) {
  const { userSig } = remembered(hub);
  const ticket = await load(new URL('guest', hub), {
    method: 'POST',
    body: userSig && JSON.stringify({ userSig }),
    credentials: 'omit',
  });
  const until = Date.now() + ticket.expiresIn * 1000;
  try {
    localStorage.setItem(place(hub), JSON.stringify({ ...ticket, until }));
  } catch {
    // Private windows and sandboxed frames keep nothing: a guest is somebody else next time.
  }
  return ticket;
}

/** @param {string} hub */
function storedTicket(hub) {
  const ticket = remembered(hub);
  return ticket.until > Date.now() + MARGIN_MS ? ticket : null;
}

/** @param {string} hub */
function remembered(hub) {
  try {
    return JSON.parse(localStorage.getItem(place(hub)) ?? '{}');
  } catch {
    return {};
  }
}

const place = (/** @type {string} */ hub) => `exthub-guest ${hub}`;

/**
 * @param {URL} url
 * @param {RequestInit} [options]
 */
async function load(url, options) {
  const response = await fetch(url, options).catch(({ message }) => {
    throw Object.assign(new Error(message), { code: NO_CONNECTION });
  });
  if (response.ok) return response.json();
  const after = Number(response.headers.get('Retry-After'));
  throw Object.assign(new Error(await response.text()), { code: response.status, after });
}

/**
 * The SDKAppID that a UserSig is for: compressed JSON, in which it is written.
 *
 * @param {string} userSig
 */
async function appOf(userSig) {
  const base64 = userSig.replace(/\*/g, '+').replace(/-/g, '/').replace(/_/g, '=');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const json = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return (await new Response(json).json())['TLS.sdkappid'];
}
