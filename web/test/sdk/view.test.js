import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  apply,
  deliverAll,
  DELIVERED,
  diff,
  EMPTY,
  expectedSeq,
  inherit,
  live,
  PENDING,
  READ,
} from '../../sdk/view.js';
import { Model } from './model.js';
import { pick, seeded, shuffle } from './random.js';

const set = (key, value, seq) => ({ key, value, seq });
const heard = (view, ...entries) => apply(view, { entries, delivery: DELIVERED });
const values = (view) => new Map(live(view).map(({ key, value }) => [key, value]));

test('a younger revision wins, whatever comes first', () => {
  for (const entries of [
    [set('a', '1', 1), set('a', '2', 2)],
    [set('a', '2', 2), set('a', '1', 1)],
  ]) {
    const view = entries.reduce((before, entry) => heard(before, entry), EMPTY);
    assert.deepEqual(live(view), [set('a', '2', 2)]);
  }
});

test('a change does not touch the view that it was applied to', () => {
  const before = heard(EMPTY, set('a', '1', 1));
  heard(before, set('a', '2', 2));
  assert.deepEqual(live(before), [set('a', '1', 1)]);
});

test('live pairs come in the order of their last change', () => {
  const view = heard(EMPTY, set('a', '1', 1), set('b', '1', 2), set('a', '2', 3));
  assert.deepEqual(
    live(view).map(({ key }) => key),
    ['b', 'a'],
  );
});

test('a set names the revision of a live pair, and 0 for one that is unknown or gone', () => {
  const view = heard(EMPTY, set('a', '1', 7), set('b', '', 8));
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => expectedSeq(view, key)),
    [7, 0, 0],
  );
});

test('a clear deletes what is at or below it, and older changes of unknown pairs stay out', () => {
  let view = heard(EMPTY, set('a', '1', 1), set('b', '1', 9));
  view = apply(view, { clearSeq: 5, delivery: DELIVERED });
  view = heard(view, set('c', 'late', 4));
  assert.deepEqual(live(view), [set('b', '1', 9)]);
});

test('what a read of the whole does not list is gone, unless it is younger than the read', () => {
  let view = heard(EMPTY, set('a', '1', 1), set('b', '1', 2), set('c', '1', 9));
  view = apply(view, { entries: [set('b', '1', 2)], completeSeq: 5, delivery: PENDING });
  assert.deepEqual(
    values(view),
    new Map([
      ['b', '1'],
      ['c', '1'],
    ]),
  );
});

test('at the same revision a deletion wins: a reply may say so without a tombstone', () => {
  const view = apply(heard(EMPTY, set('a', '1', 3)), {
    entries: [set('a', '', 3)],
    delivery: PENDING,
  });
  assert.equal(expectedSeq(view, 'a'), 0);
  assert.deepEqual(live(heard(view, set('a', '1', 3))), []);
});

test('handlers hear a change once, from reply and event together', () => {
  const replied = apply(EMPTY, { entries: [set('a', '1', 1)], delivery: PENDING });
  assert.deepEqual(diff(EMPTY, replied), { updated: [], deleted: [] });
  const event = heard(replied, set('a', '1', 1));
  assert.deepEqual(diff(replied, event).updated, [{ key: 'a', value: '1' }]);
  assert.deepEqual(diff(event, heard(event, set('a', '1', 1))).updated, []);
});

test('an event that is older than a reply is not passed on', () => {
  const replied = apply(EMPTY, { entries: [set('a', '2', 2)], delivery: PENDING });
  assert.deepEqual(diff(replied, heard(replied, set('a', '1', 1))), { updated: [], deleted: [] });
});

test('after a lost connection handlers get what is pending, not what the app read itself', () => {
  let view = apply(EMPTY, { entries: [set('read', '1', 1), set('gone', '1', 2)], delivery: READ });
  view = apply(view, { entries: [set('pending', '1', 3), set('gone', '', 4)], delivery: PENDING });
  const delivered = deliverAll(view);
  assert.deepEqual(diff(view, delivered), {
    updated: [{ key: 'pending', value: '1' }],
    deleted: ['gone'],
  });
  assert.deepEqual(diff(delivered, deliverAll(delivered)), { updated: [], deleted: [] });
});

test('handlers get what differs in another store', () => {
  const past = heard(
    EMPTY,
    set('same', '1', 91),
    set('changed', '1', 92),
    set('gone', '1', 93),
    set('back', '', 94),
  );
  const pending = apply(past, { entries: [set('pending', '1', 95)], delivery: PENDING });
  const entries = [
    set('same', '1', 1),
    set('changed', '2', 2),
    set('back', '1', 3),
    set('pending', '1', 4),
  ];
  const view = inherit(apply(EMPTY, { entries, completeSeq: 4, delivery: PENDING }), pending.pairs);
  const updated = ['changed', 'back', 'pending'].map((key) => ({
    key,
    value: key === 'changed' ? '2' : '1',
  }));
  assert.deepEqual(diff(view, deliverAll(view)), { updated, deleted: ['gone'] });
  assert.deepEqual(
    live(heard(view, set('gone', '2', 5))).at(-1),
    set('gone', '2', 5),
    'its revisions count from here',
  );
});

test('tombstones are bounded', () => {
  let view = EMPTY;
  for (let seq = 1; seq <= 1000; seq++) view = heard(view, set(`k${seq}`, '', seq));
  assert.equal(view.pairs.size, 300);
  assert.ok(view.pairs.has('k1000'));
});

test('dropped, doubled and mixed events, then one read: always the state of the hub', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = seeded(seed);
    const model = new Model();
    let view = EMPTY;
    let known = 0;
    let pending = [];
    const read = () => {
      const whole = known === 0 || known < model.purgedSeq;
      const { extensions, latestSeq, clearSeq } = model.page(whole ? 0 : known + 1, Infinity);
      view = apply(view, {
        entries: extensions,
        clearSeq,
        completeSeq: whole ? latestSeq : 0,
        delivery: PENDING,
      });
      known = latestSeq;
    };
    for (let i = 0; i < 60; i++) {
      const event = model.step(random, ['a', 'b', 'c', 'd']);
      if (event) pending.push(event, ...(random() < 0.2 ? [event] : []));
      if (random() < 0.1) read();
      if (random() < 0.3) {
        pending = shuffle(random, pending).filter(() => random() > 0.2);
        for (const one of pending.splice(0, Math.ceil(random() * pending.length)))
          view = apply(view, changeOf(one));
      }
    }
    read();
    for (const one of shuffle(random, pending)) view = apply(view, changeOf(one));
    assert.deepEqual(sorted(values(view)), sorted(model.live()), `seed ${seed}`);
  }
});

test('every order of the same events ends in the same view', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const model = new Model();
    const events = Array.from({ length: 30 }, () => model.step(random, ['a', 'b', 'c'])).filter(
      Boolean,
    );
    const view = shuffle(random, [...events, pick(random, events)]).reduce(
      (v, event) => apply(v, changeOf(event)),
      EMPTY,
    );
    assert.deepEqual(sorted(values(view)), sorted(model.live()), `seed ${seed}`);
  }
});

const sorted = (map) => [...map].sort();

function changeOf({ extensions, keyList = [], latestSeq, clearSeq }) {
  return {
    entries: extensions ?? keyList.map((key) => set(key, '', latestSeq)),
    clearSeq,
    delivery: DELIVERED,
  };
}
