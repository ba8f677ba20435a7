// The first screen: a poll that runs, which a visitor answers without giving a name. It is the
// widget that any page can have, and whoever opens the demo first makes the poll.

import TencentCloudChat from './sdk/index.js';
import { fetchUserSig } from './session.js';

const { TYPES } = TencentCloudChat;
const GROUP = 'welcome';
const HOST = 'welcome-host'; // sends the poll: whoever does could close it
const OPTIONS = ['Tea', 'Coffee', 'Water is fine', 'Whatever is open'];
const MISSING = [10010, 23004]; // no such group, or nothing in it yet
const TAKEN = [10021, 10025];

const VOTERS = 50;
const SPREAD_MS = 4_000; // over which they come
const AGAIN_MS = 500; // after which a poll is there that somebody else is about to make

let making = Promise.resolve();

/** Resolves when nobody is signed in here to make the poll: a page has one chat. */
export const settled = () => making;

const newName = () => `visitor-${Math.random().toString(36).slice(2, 12)}`;

/** Who this browser is while it has no name: the same for as long as it remembers. */
function visitor() {
  const place = 'exthub-demo-visitor';
  const name = localStorage.getItem(place) ?? newName();
  localStorage.setItem(place, name);
  return name;
}

/**
 * Lets the poll run. button brings voters.
 *
 * @param {HTMLElement & { ticket: unknown }} poll
 * @param {HTMLButtonElement} button
 */
export function welcome(poll, button) {
  const name = visitor();
  poll.addEventListener('ext-error', (event) => {
    if (!MISSING.includes(event.detail.code)) return;
    making = make().catch(() => {}); // the poll says what is wrong
    void making.then(() => show(poll));
  });
  poll.addEventListener('ext-ready', () => {
    button.hidden = false;
  });
  button.addEventListener('click', () => {
    button.disabled = true;
    void voters(poll.getAttribute('message')).finally(() => {
      button.disabled = false;
    });
  });
  poll.ticket = () => fetchUserSig(name);
  show(poll);
}

/** Shows the poll, or looks again whether it is there. */
const show = (poll) => poll.setAttribute('message', `g.${GROUP}.1`);

async function make() {
  const { sdkAppID, userID, userSig } = await fetchUserSig(HOST);
  const chat = TencentCloudChat.create({ SDKAppID: sdkAppID });
  await chat.login({ userID, userSig });
  try {
    await chat.createGroup({ groupID: GROUP, name: 'Welcome', type: TYPES.GRP_PUBLIC });
    const option_list = OPTIONS.map((option, at) => ({ index: at + 1, option }));
    const data = {
      businessID: 'group_poll',
      title: 'What shall we drink?',
      config: { public: true, allow_multi_vote: false, anonymous: true },
      content: { option_list, original_msg_id: '', original_msg_seq: 0 },
    };
    const message = chat.createCustomMessage({
      to: GROUP,
      conversationType: TYPES.CONV_GROUP,
      payload: { data: JSON.stringify(data) },
      isSupportExtension: true,
      extensionRules: {
        write: 'own',
        questions: [{ choices: OPTIONS.length }],
        show: 'summary',
        max: 10_000,
      },
    });
    await chat.sendMessage(message);
  } catch (error) {
    if (!TAKEN.includes(error.code)) throw error;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  } finally {
    await chat.destroy(); // whoever comes in with a name has another
  }
}

/** Brings people who vote, each over a connection of their own, and resolves when all have. */
function voters(messageID) {
  return Promise.all(
    Array.from({ length: VOTERS }, async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * SPREAD_MS));
      await vote(messageID, await fetchUserSig(newName()));
    }),
  );
}

/** Votes as somebody. The SDK serves one user a page, so this speaks to the hub itself. */
function vote(messageID, { sdkAppID, userID, userSig }) {
  const socket = new WebSocket(new URL('ws', document.baseURI).href.replace(/^http/, 'ws'));
  // The first is liked best, so that there is something to see.
  const value = String(1 + Math.floor(OPTIONS.length * Math.random() ** 2));
  const requests = [
    ['login', { sdkAppID, userID, userSig }],
    ['joinGroup', { groupID: GROUP }],
    ['setMessageExtensions', { messageID, extensions: [{ key: userID, value, seq: 0 }] }],
  ];
  return new Promise((resolve) => {
    socket.addEventListener('open', () => {
      for (const [at, [method, params]] of requests.entries())
        socket.send(JSON.stringify({ jsonrpc: '2.0', id: at + 1, method, params }));
    });
    socket.addEventListener('message', ({ data }) => {
      if (JSON.parse(data).id === requests.length) socket.close();
    });
    socket.addEventListener('close', resolve);
  });
}
