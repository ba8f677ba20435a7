// The first screen: a poll that runs, which a visitor answers without giving a name. It is the
// widget that any page can have, and whoever opens the demo first makes the poll. An address that
// names another card shows that.

import { h } from './dom.js';
import { foundGroup } from './host.js';
import { pollMessage } from './payload.js';
import { newVisitor } from './people.js';
import { fetchUserSig } from './ticket.js';
import { say } from './words.js';

const GROUP = 'welcome';
const MISSING = [10010, 23004]; // no such group, or nothing in it yet

/** The poll, in the language of whoever makes it. */
const poll = () =>
  pollMessage({
    title: say('drink'),
    options: ['tea', 'coffee', 'water', 'whatever'].map((word) => say(word)),
    multiple: false,
    anonymous: true,
    results: 'always',
  });

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
    if (named || !MISSING.includes(event.detail.code)) return;
    // If that fails, the poll says what is wrong, and can be asked again.
    foundGroup(GROUP, poll()).then(show, () => {});
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
