// The room: what people say to each other and who is here at the start of the line, the cards at
// its end; on a phone one of the two at a time. It is loaded when somebody comes in, with all that
// the first screen does without. What it shares with that is packed twice: nothing here may know
// what line.js does to the page's connection.

import { Card } from './card.js';
import { Cards } from './cards.js';
import { compose } from './compose.js';
import { desk } from './desk.js';
import { dialogs } from './dialogs.js';
import { h, setText } from './dom.js';
import { Here } from './here.js';
import { readCard } from './payload.js';
import { cleanName, isVisible } from './people.js';
import { Roster } from './roster.js';
import { roomWords } from './roomwords.js';
import { errorSentence } from './sentences.js';
import { Session } from './session.js';
import { Talk } from './talk.js';
import { Top } from './top.js';
import { addWords, hasWord, plain, say } from './words.js';

addWords(roomWords);

/** Pages of messages that are read in search of a card. */
const MAX_PAGES = 5;

/**
 * Signs a person in, with a ticket, and returns the room, to be shown in a place. The door has
 * foundGroup, leave() for afterwards, and second, the address of a window for somebody new.
 */
export async function openRoom(place, person, ticket, door) {
  const room = new Room(place, person, door);
  await room.open(ticket);
  return room;
}

class Room {
  #place;
  #person;
  #door;
  #session;
  #roster;
  #top;
  #here;
  #talk;
  #cards;
  #nextPage = '';
  #unread = 0;

  #problem = h('p', { id: 'problem', class: 'problem', role: 'alert' });
  #empty = h('p', { id: 'empty', class: 'empty', hidden: true }, say('empty'));
  #earlier = this.#button('earlier', () => void this.#attempt(() => this.#loadCards()));
  #older = this.#button('older', () => void this.#attempt(() => this.#loadPage()));
  #views = ['cards', 'chat'].map((view) =>
    h('button', { type: 'button', class: 'view', click: () => this.#view(view) }, say(view)),
  );

  constructor(place, person, door) {
    this.#place = place;
    this.#person = person;
    this.#door = door;
    this.#session = new Session({
      onState: (state) => this.#onState(state),
      onMessages: (messages) => this.#onMessages(messages),
      onRevoked: (messages) => this.#onRevoked(messages),
      onClosed: (messageID) => this.#onClosed(messageID),
      onKicked: (type) => this.#onKicked(type),
    });
    this.#here = new Here(person.userID);
    this.#talk = new Talk((...of) => this.#nameOf(...of), {
      draft: (text) => this.#session.draft(text),
      send: (message) => this.#session.send(message),
      open: (messageID) => this.#open(messageID),
    });
  }

  /** The widgets of the cards, newest first. */
  get widgets() {
    return this.#cards.widgets;
  }

  async open(ticket) {
    const session = this.#session;
    try {
      await session.signIn(this.#person, ticket);
      const { chat } = session;
      const change = (came, left) => this.#onPeople(came, left);
      this.#roster = new Roster(chat, this.#person, change);
      this.#cards = new Cards((message, content) => new Card(this.#forCards, message, content));
      // Side by side: each way to the hub and back is waited for.
      const { foundGroup } = this.#door;
      const entries = [session.join(this.#person), this.#roster.open(foundGroup)];
      for (const { reason } of await Promise.allSettled(entries)) if (reason) throw reason;
      await this.#loadCards();
    } catch (error) {
      void this.#roster?.close();
      await session.signOut(); // so that it can be tried again
      throw error;
    }
  }

  /** What cards know of the room. */
  get #forCards() {
    return {
      chat: this.#session.chat,
      me: this.#person.userID,
      names: (userID) => this.#roster.nameOf(userID),
      nameOf: (...of) => this.#nameOf(...of),
      revoke: (message) => void this.#attempt(() => this.#session.revoke(message)),
    };
  }

  /** Shows the room, with the lab among its tools. */
  show(lab) {
    const place = this.#place;
    document.title = `${plain(this.#person.name)} · Exthub`;
    this.#top = new Top(document.getElementById('bar'), this.#person, () => void this.#leave());
    place.append(
      h('h1', { id: 'room-title', class: 'visually-hidden' }, say('room')),
      h('div', { class: 'views', role: 'group', 'aria-label': say('views') }, ...this.#views),
      h(
        'section',
        { id: 'chat', class: 'chat', 'aria-label': say('chat') },
        this.#here.element,
        this.#older,
        ...this.#talk.elements,
      ),
      h(
        'div',
        { class: 'board' },
        desk(location.pathname + location.search + this.#door.second, lab),
        this.#problem,
        this.#empty,
        this.#cards.element,
        h('p', { class: 'earlier' }, this.#earlier),
      ),
    );
    document.body.append(...dialogs());
    compose(this.#person.userID, async (card) => this.#add([await this.#session.sendCard(card)]));
    place.hidden = false;
    this.#view('cards');
    this.#update();
    this.#talk.toEnd();
  }

  #button(word, click) {
    return h(
      'button',
      { id: word, class: 'quiet', type: 'button', hidden: true, click },
      say(word),
    );
  }

  /** Shows the cards or the chat, where there is not room for both. */
  #view(view) {
    this.#place.dataset.view = view;
    this.#views.forEach((button, at) =>
      button.setAttribute('aria-pressed', String((at === 1) === (view === 'chat'))),
    );
    if (view === 'chat') {
      this.#count(0);
      this.#talk.toEnd();
    }
  }

  /** Says how many messages have come that are not seen. */
  #count(unread) {
    this.#unread = unread;
    const [, chat] = this.#views;
    setText(chat, unread ? say('unread', unread) : say('chat'));
  }

  /** Leads to a card, which may be behind the chat. */
  #open(messageID) {
    this.#view('cards');
    this.#cards.get(messageID)?.focus();
  }

  /** Somebody's name, in an element that it can't leave. As the first word it may be written so. */
  #nameOf(userID, nick = '', isFirst = false) {
    const isMe = userID === this.#person.userID;
    const clean = cleanName(nick);
    const name = this.#roster.nameOf(userID) ?? (isVisible(clean) ? clean : userID);
    return h(
      'bdi',
      { class: 'name', 'data-name': name },
      isMe ? say(isFirst ? 'youFirst' : 'you') : name,
    );
  }

  /** Loads one more page of messages, the newest page first. */
  async #loadPage() {
    const { messages, next } = await this.#session.history(this.#nextPage || undefined);
    this.#nextPage = next;
    this.#add(messages);
  }

  /** Loads until there are more cards, within reason: between two there may be much talk. */
  async #loadCards() {
    const before = this.#cards.size;
    for (let page = 0; page < MAX_PAGES; page++) {
      await this.#loadPage();
      if (!this.#nextPage || this.#cards.size > before) return;
    }
  }

  #add(messages) {
    for (const message of messages) {
      const content = message.isSupportExtension ? readCard(message) : null;
      if (content) {
        this.#cards.add(message, content);
        this.#talk.addCard(message, content);
      } else if (typeof message.payload.text === 'string') this.#talk.add(message);
    }
    this.#update();
  }

  #update() {
    this.#empty.hidden = this.#cards.size > 0;
    this.#earlier.hidden = this.#older.hidden = this.#nextPage === '';
  }

  #onMessages(messages) {
    this.#add(messages);
    if (!this.#talk.isShown) this.#count(this.#unread + messages.length);
  }

  #onRevoked(messages) {
    for (const { ID, revoker } of messages) {
      const card = this.#cards.get(ID);
      if (!card) continue;
      card.onRevoked();
      this.#talk.note('tookBack', { who: this.#nameOf(revoker, '', true) });
    }
  }

  #onClosed(messageID) {
    const title = this.#cards.get(messageID)?.element.querySelector('h2')?.textContent;
    if (title) this.#talk.note('hasClosed', { title: h('bdi', {}, title) });
  }

  #onPeople(came, left) {
    const name = (userID) => this.#nameOf(userID, '', true).dataset.name;
    this.#here.show(this.#roster.here.map((userID) => ({ userID, name: name(userID) })));
    if (!this.#top) return; // who was here before
    const others = (list) => list.filter((userID) => userID !== this.#person.userID);
    for (const userID of others(came)) this.#talk.note('cameIn', { who: this.#nameOf(userID) });
    for (const userID of others(left)) this.#talk.note('wentOut', { who: this.#nameOf(userID) });
    if (came.length > 0) this.#cards.rename();
  }

  #onState(state) {
    if (!this.#top) return; // not in yet: the form says what fails
    if (state === 'connected' && this.#top.isOffline) void this.#roster.renew();
    this.#top.show(state);
  }

  #onKicked(type) {
    this.#place.inert = true;
    const word = `kicked_${type}`;
    this.#top?.end(say(hasWord(word) ? word : 'kicked'));
  }

  /** Runs a task and shows its error, unless the connection is lost: that is shown already. */
  async #attempt(task) {
    try {
      await task();
      setText(this.#problem, '');
    } catch (error) {
      if (!this.#top.isOffline) setText(this.#problem, errorSentence(error));
    }
  }

  async #leave() {
    if (!this.#top.isOffline) await this.#roster.close();
    await this.#session.signOut();
    this.#door.leave();
  }
}
