// The page's wiring: a first screen with a poll that runs, and a form to come in with a name. The
// room behind it is room.js, which is loaded when somebody comes in.

import { namedCard } from './address.js';
import { h, setText } from './dom.js';
import { isOpenPoll } from './experiments.js';
import { foundGroup } from './host.js';
import { openLab } from './lab.js';
import { tapLine } from './line.js';
import { nameProblem, newPerson, suggestName } from './people.js';
import { errorSentence } from './sentences.js';
import { fetchUserSig } from './ticket.js';
import { say, setLanguage } from './words.js';
import { welcome } from './welcome.js';

const $ = (id) => document.getElementById(id);

/** Where a window keeps who it is: not in the address, with which it would be passed on. */
const PLACE = 'exthub-demo-person';

/** What the address of a window ends with that comes in by itself, as somebody new. */
const SECOND = '#second';

let room;

async function enter(person) {
  const problem = nameProblem(person.name);
  setText($('door-problem'), problem);
  $('name').setAttribute('aria-invalid', String(problem !== ''));
  if (problem) return;
  $('enter').disabled = true;
  try {
    const ticket = await fetchUserSig(person.userID); // first: it says that there is no hub
    const [{ openRoom }] = await Promise.all([import('./room.js'), roomStyles()]);
    room = await openRoom($('room'), person, ticket, { foundGroup, leave, second: SECOND });
    sessionStorage.setItem(PLACE, JSON.stringify(person));
    history.replaceState(null, '', location.pathname + location.search);
    $('door').hidden = true;
    first?.remove(); // and its connection
    room.show($('lab'));
  } catch (error) {
    setText($('door-problem'), errorSentence(error));
  } finally {
    $('enter').disabled = false;
  }
}

let styles = null;

/** Loads the room's styles, once. */
function roomStyles() {
  styles ??= new Promise((load, fail) => {
    const error = () => {
      styles = null;
      fail(new Error(say('noHub')));
    };
    document.head.append(h('link', { rel: 'stylesheet', href: './room.css', load, error }));
  });
  return styles;
}

function leave() {
  sessionStorage.removeItem(PLACE);
  location.assign(location.pathname + location.search);
}

/** Who this window is, if it comes in by itself: whom it was before, or somebody new. */
function known() {
  const kept = sessionStorage.getItem(PLACE);
  if (kept) return JSON.parse(kept);
  return location.hash === SECOND ? newPerson(suggestName()) : null;
}

setLanguage();
$('brand').search = location.search;
$('door-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void enter(newPerson($('name').value));
});
tapLine();

/** The widget of the first screen. Who comes in by itself sees none. */
let first;
openLab(() => (room ? room.widgets : [first]).find((widget) => widget && isOpenPoll(widget)));

const person = known();
$('name').value = person?.name ?? suggestName();
if (person) void enter(person);
else first = welcome($('first'), namedCard(location.hash));
