// The first screen: a poll that runs, which a visitor answers without giving a name. It is the
// widget that any page can have, and whoever opens the demo first makes the poll. An address that
// names another card shows that.

import { h } from './dom.js';
import { pollMessage } from './payload.js';
import { newVisitor } from './people.js';
import { fetchUserSig, loadSDK } from './session.js';

const GROUP = 'welcome';
const HOST = 'welcome-host'; // sends the poll: whoever does could close it
const MISSING = [10010, 23004]; // no such group, or nothing in it yet
const TAKEN = [10021, 10025];
const AGAIN_MS = 500; // after which a poll is there that somebody else is about to make

const POLL = pollMessage({
  title: 'What shall we drink?',
  options: ['Tea', 'Coffee', 'Water is fine', 'Whatever is open'],
  multiple: false,
  anonymous: true,
  results: 'always',
});

let making = Promise.resolve();
let isLeft = false;

/**
 * Resolves when nobody is signed in here to make the poll, nor will be: a page has one chat, and to
 * make the poll would end that of who comes in meanwhile.
 */
export function settled() {
  isLeft = true;
  return making;
}

/** Who this browser is while it has no name: the same for as long as it remembers. */
function visitor() {
  const place = 'exthub-demo-visitor';
  const name = localStorage.getItem(place) ?? newVisitor();
  localStorage.setItem(place, name);
  return name;
}

/** Lets the poll run in this place, or the card that is named, and returns the widget. */
export function welcome(place, named) {
  const name = visitor();
  // While the widgets are still on their way.
  let early = fetchUserSig(name);
  early.catch(() => {}); // the widget hears of it
  const { kind, ID } = named ?? { kind: 'poll', ID: `g.${GROUP}.1` };
  // Until the poll is there, what stands in its place.
  const widget = h(`ext-${kind}`, {}, ...(named ? [] : place.childNodes));
  /** Shows it, or looks again whether it is there. */
  const show = () => widget.setAttribute('message', ID);
  widget.addEventListener('ext-error', (event) => {
    if (named || isLeft || !MISSING.includes(event.detail.code)) return;
    making = make().catch(() => {}); // the poll says what is wrong
    void making.then(show);
  });
  widget.ticket = () => {
    const ticket = early ?? fetchUserSig(name);
    early = null;
    return ticket;
  };
  show();
  place.replaceChildren(widget);
  return widget;
}

async function make() {
  const [{ sdkAppID, userID, userSig }, { create, TYPES }] = await Promise.all([
    fetchUserSig(HOST),
    loadSDK(),
  ]);
  const chat = create({ SDKAppID: sdkAppID });
  await chat.login({ userID, userSig });
  try {
    await chat.createGroup({ groupID: GROUP, name: 'Welcome', type: TYPES.GRP_PUBLIC });
    const message = chat.createCustomMessage({
      to: GROUP,
      conversationType: TYPES.CONV_GROUP,
      payload: { data: POLL.data },
      isSupportExtension: true,
      extensionRules: POLL.rules,
    });
    await chat.sendMessage(message);
  } catch (error) {
    if (!TAKEN.includes(error.code)) throw error;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  } finally {
    await chat.destroy(); // whoever comes in with a name has another
  }
}
