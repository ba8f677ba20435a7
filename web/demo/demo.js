// The page's wiring: a door where one picks a name, and a room with cards. Open room.js and card.js next.

import { compose } from './compose.js';
import { write } from './dom.js';
import { avatar, nameProblem, suggest } from './people.js';
import { Room } from './room.js';
import { kicked, sentence } from './sentences.js';
import { Session } from './session.js';

const $ = (id) => document.getElementById(id);

/** The name lives in the address: a reload keeps it, and a second window is a link with another one. */
const as = (name) => `?as=${encodeURIComponent(name)}`;

let room;
let away = false;
let farewell;

const session = new Session({
  net(state) {
    if (!room) return; // still at the door, which has its own words for failure
    banner(state);
    if (state !== 'connected') away = true;
    else if (away) {
      away = false;
      void guard(() => room.resume());
    }
  },
  messages: (messages) => guard(() => room?.add(messages).then(settle)),
  updated: (event) => room?.updated(event),
  deleted: (event) => room?.deleted(event),
  kicked(type) {
    room = undefined;
    $('room').inert = true;
    banner('out', kicked(type));
  },
});

const LOST = 'The connection is lost. It comes back by itself, and nothing is forgotten.';
const BANNERS = { connected: 'Connected again.', connecting: LOST, disconnected: LOST };

const GLANCE = 2500; // ms that good news stays

function banner(state, words = BANNERS[state]) {
  const element = $('banner');
  clearTimeout(farewell);
  element.dataset.state = state;
  element.hidden = state === 'connected' && !away;
  if (state === 'connected')
    farewell = setTimeout(() => {
      element.hidden = true;
    }, GLANCE);
  write($('banner-text'), words);
  $('again').hidden = state !== 'out';
  $('dot').dataset.state = state;
  write($('net'), state === 'connected' ? 'live' : 'offline');
}

/** Runs what nobody waits for and says what went wrong; what a lost connection broke is made up for when it is back. */
async function guard(task) {
  try {
    await task();
    write($('problem'), '');
  } catch (error) {
    if (!away) write($('problem'), sentence(error));
  }
}

function settle() {
  $('empty').hidden = room.size > 0;
  $('earlier').hidden = !room.hasMore;
}

async function enter(name) {
  const problem = nameProblem(name);
  write($('door-problem'), problem);
  $('name').setAttribute('aria-invalid', String(problem !== ''));
  if (problem) return;
  $('enter').disabled = true;
  try {
    await session.enter(name);
    room = new Room(session, name, $('cards'));
    await room.earlier();
    furnish(name);
    settle();
  } catch (error) {
    room = undefined;
    $('cards').replaceChildren();
    write($('door-problem'), sentence(error));
    await session.leave(); // so that another name can be tried
  } finally {
    $('enter').disabled = false;
  }
}

function furnish(name) {
  history.replaceState(null, '', as(name));
  document.title = `${name} · Exthub`;
  $('me').replaceChildren(avatar(name), name);
  $('door').hidden = true;
  for (const id of ['room', 'person']) $(id).hidden = false;
  compose(name, async (data) => {
    await room.add([await session.send(data)]);
    settle();
  });
  const other = as(suggest(name));
  $('second').href = other;
  $('second').addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // a window of its own can stand beside this one, which a tab cannot
    const half = Math.floor(screen.availWidth / 2);
    open(
      as(suggest(name)),
      '_blank',
      `popup,noopener,width=${half},height=${screen.availHeight},left=${half},top=0`,
    );
  });
}

async function leave() {
  await session.leave();
  location.assign(location.pathname);
}

$('again').addEventListener('click', () => location.reload());
$('leave').addEventListener('click', () => void leave());
$('earlier').addEventListener('click', () => void guard(() => room.earlier().then(settle)));
$('door-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void enter($('name').value.trim());
});

const name = new URLSearchParams(location.search).get('as');
$('name').value = name ?? suggest();
if (name) void enter(name);
else $('name').select();
