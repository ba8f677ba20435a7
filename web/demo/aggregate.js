// What a card shows is a pure function of the message and its pairs: no clock, no order of arrival,
// no state. So two windows with the same pairs show the same, and a reload changes nothing.

/**
 * The key of the chain's note. The other keys are userIDs, which are ASCII, so none is this one.
 */
export const NOTE = '§note';

/** The key of the pair that closes a poll. The keys of votes end in "_0", so none is this one. */
export const CLOSED = 'closed';

/** The key of a user's vote. */
export const voteKey = (userID) => `${userID}_0`;

/**
 * Counts a poll. A share is a share of the people who voted, so with several choices allowed the
 * shares may add up to more than 1. Votes for an option that does not exist do not count, nor do
 * further votes where one is allowed.
 */
export function tally(poll, pairs) {
  const options = poll.options.map((option) => ({ ...option, voters: [], share: 0 }));
  const voters = new Set();
  for (const [key, value] of pairs) {
    if (!key.endsWith('_0')) continue;
    const userID = key.slice(0, -2);
    for (const index of chosenOptions(poll, value)) {
      options.find((option) => option.index === index).voters.push(userID);
      voters.add(userID);
    }
  }
  for (const option of options) {
    option.voters.sort();
    option.share = voters.size && option.voters.length / voters.size;
  }
  return { options, voters: voters.size, closed: pairs.get(CLOSED) === '1' };
}

/**
 * The indexes of the options that a vote's value names, in the poll's order: "3_1" gives [1, 3]; ""
 * or undefined gives [].
 */
export function chosenOptions(poll, value = '') {
  const named = value.split('_');
  const known = poll.options
    .map((option) => option.index)
    .filter((index) => named.includes(String(index)));
  return poll.multiple ? known : known.slice(0, 1);
}

/**
 * The chain's entries in order. Each value has a number, one more than the highest that its author
 * saw, and is ordered by it. People who join at the same moment get the same number and are ordered
 * by userID. Values without a number, which another program wrote, come last.
 *
 * This is a Lamport clock: whoever saw an entry comes after it, no wall clock is trusted, and an
 * edit keeps its place. The order of arrival would not do, because an edited pair arrives last in
 * a window that opens later.
 */
export function sortEntries(pairs) {
  const entries = [];
  for (const [userID, value] of pairs) {
    if (userID !== NOTE) entries.push({ userID, ...parseEntry(value) });
  }
  return entries.sort((a, b) => a.number - b.number || (a.userID < b.userID ? -1 : 1));
}

/** The number of a new entry. */
export function nextNumber(pairs) {
  const taken = sortEntries(pairs)
    .map(({ number }) => number)
    .filter(Number.isFinite);
  return Math.max(0, ...taken) + 1;
}

/** Parses a chain's value, {"n": 3, "text": "..."}. Anything else is a text without a number. */
export function parseEntry(value) {
  const parsed = parseJSON(value);
  if (Number.isSafeInteger(parsed?.n) && typeof parsed.text === 'string')
    return { number: parsed.n, text: parsed.text };
  return { number: Infinity, text: value };
}

/**
 * Aggregates a survey. A value is a JSON array with one answer per question, null where there is
 * none. Each question's result has, by its type: choice, counts and shares per option; scale, the
 * same per mark and the mean; text, the answers by userID.
 */
export function summarize(survey, pairs) {
  const sheets = [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([userID, value]) => ({ userID, answers: parseAnswers(survey, value) }))
    .filter((sheet) => sheet.answers.some((answer) => answer !== null));
  const questions = survey.questions.map((question, at) => {
    const given = sheets
      .filter((sheet) => sheet.answers[at] !== null)
      .map((sheet) => ({ userID: sheet.userID, answer: sheet.answers[at] }));
    if (question.type === 'text') return { answered: given.length, texts: given };
    const counts = marks(question).map(
      (mark) => given.filter(({ answer }) => answer === mark).length,
    );
    const shares = counts.map((count) => given.length && count / given.length);
    if (question.type === 'choice') return { answered: given.length, counts, shares };
    const sum = given.reduce((total, { answer }) => total + answer, 0);
    return { answered: given.length, counts, shares, mean: given.length && sum / given.length };
  });
  return { respondents: sheets.length, questions };
}

/**
 * Parses a survey's value: one answer per question, null for one that does not fit its question.
 */
export function parseAnswers(survey, value) {
  const parsed = parseJSON(value);
  return survey.questions.map((question, at) => {
    const answer = Array.isArray(parsed) ? parsed[at] : null;
    if (question.type === 'text')
      return typeof answer === 'string' && answer !== '' ? answer : null;
    return marks(question).includes(answer) ? answer : null;
  });
}

/** The possible answers to a question with fixed answers: 1 to n, for n options or a scale of 5. */
export function marks(question) {
  const count = question.type === 'scale' ? 5 : question.options.length;
  return Array.from({ length: count }, (_, at) => at + 1);
}

function parseJSON(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // other people's input: what cannot be read counts as absent
  }
}
