// The page's wiring: a form to sign in with a name, then a room with cards. See room.js, card.js.

import { compose } from './compose.js';
import { setText } from './dom.js';
import { isOpenPoll } from './experiments.js';
import { openLab } from './lab.js';
import { tapLine } from './line.js';
import { avatar, nameProblem, suggestName } from './people.js';
import { Room } from './room.js';
import { errorSentence, kickedSentence } from './sentences.js';
import { Session } from './session.js';
import { copyOnClick, namedCard } from './share.js';
import { welcome } from './welcome.js';

const $ = (id) => document.getElementById(id);

/** Where a window keeps its name: not in the address, with which it would be passed on. */
const PLACE = 'exthub-demo-name';

/** What the address of a window ends with that comes in by itself, as somebody new. */
const SECOND = '#second';

let room;
let wasOffline = false;
let bannerTimer;

const session = new Session({
  onState(state) {
    if (!room) return; // not signed in yet: the form says what fails
    banner(state);
    wasOffline = state !== 'connected';
  },
  onMessages: showMessages,
  onRevoked: (messages) => room?.onRevoked(messages),
  onKicked(type) {
    room = undefined;
    $('room').inert = true;
    banner('out', kickedSentence(type));
  },
});

const LOST = 'The connection is lost. It comes back by itself.';
const BANNERS = { connected: 'Connected again.', connecting: LOST, disconnected: LOST };

const BANNER_MS = 2500; // how long good news stays

function banner(state, words = BANNERS[state]) {
  const element = $('banner');
  clearTimeout(bannerTimer);
  element.dataset.state = state;
  element.hidden = state === 'connected' && !wasOffline;
  if (state === 'connected')
    bannerTimer = setTimeout(() => {
      element.hidden = true;
    }, BANNER_MS);
  setText($('banner-text'), words);
  $('again').hidden = state !== 'out';
  $('dot').dataset.state = state;
  setText($('net'), state === 'connected' ? 'live' : 'offline');
}

/** Runs a task and shows its error, except while the connection is lost: that is shown already. */
async function reportErrors(task) {
  try {
    await task();
    setText($('problem'), '');
  } catch (error) {
    if (!wasOffline) setText($('problem'), errorSentence(error));
  }
}

function showMessages(messages) {
  room?.add(messages);
  updateRoom();
}

function updateRoom() {
  if (!room) return;
  $('empty').hidden = room.size > 0;
  $('earlier').hidden = !room.hasMore;
}

async function enter(name) {
  const problem = nameProblem(name);
  setText($('door-problem'), problem);
  $('name').setAttribute('aria-invalid', String(problem !== ''));
  if (problem) return;
  $('enter').disabled = true;
  try {
    await session.signIn(name);
    room = new Room(session, name, $('cards'), reportErrors);
    await room.loadEarlier();
    showRoom(name);
    updateRoom();
  } catch (error) {
    room = undefined;
    $('cards').replaceChildren();
    setText($('door-problem'), errorSentence(error));
    await session.signOut(); // so that another name can be tried
  } finally {
    $('enter').disabled = false;
  }
}

function showRoom(name) {
  history.replaceState(null, '', location.pathname);
  sessionStorage.setItem(PLACE, name);
  document.title = `${name} · Exthub`;
  $('me').replaceChildren(avatar(name), name);
  $('door').hidden = true;
  first?.remove(); // and its connection
  $('desk').append($('lab'));
  for (const id of ['room', 'person']) $(id).hidden = false;
  compose(name, async (message) => showMessages([await session.send(message)]));
  $('second').addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // a window can stand beside this one, a tab cannot
    const half = Math.floor(screen.availWidth / 2);
    open(
      location.pathname + SECOND,
      '_blank',
      `popup,noopener,width=${half},height=${screen.availHeight},left=${half},top=0`,
    );
  });
}

async function leave() {
  await session.signOut();
  sessionStorage.removeItem(PLACE);
  location.assign(location.pathname);
}

$('again').addEventListener('click', () => location.reload());
$('leave').addEventListener('click', () => void leave());
$('earlier').addEventListener(
  'click',
  () => void reportErrors(() => room.loadEarlier().then(updateRoom)),
);
$('door-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void enter($('name').value.trim());
});

$('share-close').addEventListener('click', () => $('share').close());
copyOnClick($('share-copy'), () => $('share-address').value);

/** The widget of the first screen. Who comes in by itself sees none. */
let first;
tapLine();
openLab(() => (room ? room.openPoll : first && isOpenPoll(first) && first));

const name = sessionStorage.getItem(PLACE) ?? (location.hash === SECOND && suggestName());
$('name').value = name || suggestName();
if (name) void enter(name);
else first = welcome($('first'), namedCard(location.hash));
