import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chosenOptions,
  CLOSED,
  nextNumber,
  NOTE,
  parseAnswers,
  sortEntries,
  summarize,
  tally,
  voteKey,
} from '../../demo/aggregate.js';

const lunch = {
  multiple: false,
  options: [
    { index: 1, text: 'Noodles' },
    { index: 2, text: 'Pizza' },
    { index: 10, text: 'Salad' },
  ],
};
const several = { ...lunch, multiple: true };

const counts = (poll, pairs) => tally(poll, new Map(pairs)).options.map((option) => option.voters);

test('tally', async (t) => {
  const cases = [
    { name: 'OK empty', poll: lunch, pairs: [], want: [[], [], []] },
    {
      name: 'OK one each',
      poll: lunch,
      pairs: [
        ['bo_0', '1'],
        ['ada_0', '2'],
      ],
      want: [['bo'], ['ada'], []],
    },
    {
      name: 'OK voters are sorted whatever the order of pairs',
      poll: lunch,
      pairs: [
        ['bo_0', '1'],
        ['ada_0', '1'],
      ],
      want: [['ada', 'bo'], [], []],
    },
    // A userID may end in "_0": only the last two characters of the key are cut off.
    {
      name: 'OK userID with underscores',
      poll: lunch,
      pairs: [['a_0_0', '10']],
      want: [[], [], ['a_0']],
    },
    {
      name: 'OK several choices',
      poll: several,
      pairs: [['bo_0', '1_10']],
      want: [['bo'], [], ['bo']],
    },
    {
      name: 'ErrSeveralWhereOneIsAllowed',
      poll: lunch,
      pairs: [['bo_0', '2_10']],
      want: [[], ['bo'], []],
    },
    { name: 'ErrTwiceTheSame', poll: several, pairs: [['bo_0', '1_1']], want: [['bo'], [], []] },
    { name: 'ErrUnknownOption', poll: lunch, pairs: [['bo_0', '7']], want: [[], [], []] },
    {
      name: 'ErrNotAVote',
      poll: lunch,
      pairs: [
        ['bo', '1'],
        [CLOSED, '1'],
      ],
      want: [[], [], []],
    },
  ];
  for (const { name, poll, pairs, want } of cases) {
    await t.test(name, () => assert.deepEqual(counts(poll, pairs), want));
  }
});

test('tally: shares are of people, not of votes', () => {
  const { options, voters } = tally(
    several,
    new Map([
      ['a_0', '1_2'],
      ['b_0', '1'],
      ['c_0', 'nonsense'],
    ]),
  );
  assert.equal(voters, 2);
  assert.deepEqual(
    options.map(({ share }) => share),
    [1, 0.5, 0],
  );
});

test('tally: closed only by its own key and value', () => {
  assert.equal(tally(lunch, new Map([[CLOSED, '1']])).closed, true);
  assert.equal(tally(lunch, new Map([[CLOSED, '0']])).closed, false);
  assert.equal(tally(lunch, new Map([[voteKey(CLOSED), '1']])).closed, false);
});

test('choices come in the order of the poll', () => {
  assert.deepEqual(chosenOptions(several, '10_1'), [1, 10]);
  assert.deepEqual(chosenOptions(several), []);
});

const value = (n, text) => JSON.stringify({ n, text });

test('order: the same in every window, whatever the order of arrival', () => {
  const pairs = [
    ['cy', value(3, 'rice')],
    ['bo', value(1, 'tea')],
    ['ada', value(3, 'cups')],
    [NOTE, 'bring spoons'],
  ];
  const want = [
    ['bo', 'tea'],
    ['ada', 'cups'],
    ['cy', 'rice'],
  ];
  for (const seen of [pairs, [...pairs].reverse()]) {
    assert.deepEqual(
      sortEntries(new Map(seen)).map(({ userID, text }) => [userID, text]),
      want,
    );
  }
});

test('order: a value of another program is its text, and comes last', () => {
  const pairs = new Map([
    ['zoe', 'just text'],
    ['ada', '{"n":"1","text":"x"}'],
    ['bo', value(9, 'last numbered')],
  ]);
  assert.deepEqual(
    sortEntries(pairs).map(({ userID }) => userID),
    ['bo', 'ada', 'zoe'],
  );
  assert.equal(sortEntries(pairs)[2].text, 'just text');
});

test('nextNumber is after everything seen, and does not fill gaps', () => {
  assert.equal(nextNumber(new Map()), 1);
  assert.equal(nextNumber(new Map([[NOTE, 'hi']])), 1);
  assert.equal(
    nextNumber(
      new Map([
        ['a', value(1, 'x')],
        ['b', value(7, 'y')],
        ['c', 'plain'],
      ]),
    ),
    8,
  );
});

const review = {
  questions: [
    { type: 'choice', text: 'Where?', options: ['Sea', 'Hills'] },
    { type: 'scale', text: 'How was it?', options: [] },
    { type: 'text', text: 'Anything else?', options: [] },
  ],
};

test('answers: what does not fit its question is null', () => {
  assert.deepEqual(parseAnswers(review, '[2,5,"fine"]'), [2, 5, 'fine']);
  assert.deepEqual(parseAnswers(review, '[3,0,7]'), [null, null, null]);
  assert.deepEqual(parseAnswers(review, '["1",2.5,""]'), [null, null, null]);
  assert.deepEqual(parseAnswers(review, '[1]'), [1, null, null]);
  assert.deepEqual(parseAnswers(review, 'no json'), [null, null, null]);
  assert.deepEqual(parseAnswers(review, '{"0":1}'), [null, null, null]);
});

test('summarize', () => {
  const { respondents, questions } = summarize(
    review,
    new Map([
      ['bo', '[1,4,"more tea"]'],
      ['ada', '[2,5,null]'],
      ['cy', '[1,null,"no"]'],
      ['dan', 'rubbish'],
    ]),
  );
  assert.equal(respondents, 3);
  assert.deepEqual(questions[0], { answered: 3, counts: [2, 1], shares: [2 / 3, 1 / 3] });
  assert.deepEqual(questions[1], {
    answered: 2,
    counts: [0, 0, 0, 1, 1],
    shares: [0, 0, 0, 0.5, 0.5],
    mean: 4.5,
  });
  assert.deepEqual(questions[2], {
    answered: 2,
    texts: [
      { userID: 'bo', answer: 'more tea' },
      { userID: 'cy', answer: 'no' },
    ],
  });
});

test('summarize: nobody answered', () => {
  const { respondents, questions } = summarize(review, new Map());
  assert.equal(respondents, 0);
  assert.deepEqual(questions[0], { answered: 0, counts: [0, 0], shares: [0, 0] });
  assert.equal(questions[1].mean, 0);
});
