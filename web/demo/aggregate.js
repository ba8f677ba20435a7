// What a card shows is a pure function of the message and its pairs: no clock, no arrival order, no state. Two windows
// that hold the same pairs therefore show the same thing, and a window that reloads shows what it showed before.

/** The chain's shared pair. "§" is no ASCII, so this can never be somebody's userID, which is what the other keys are. */
export const NOTE = '§note';

/** The poll's pair that ends it. Votes end in "_0", so no voter can be named into it. */
export const CLOSED = 'closed';

export const voteKey = (userID) => `${userID}_0`;

/**
 * Counts a poll. A share is a share of the people who voted, so with several choices allowed the shares may add up to more
 * than 1. Votes for an option that does not exist, and further votes where one is allowed, do not count.
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

/** The option indexes that a vote's value names, in the poll's order: "3_1" is [1, 3]; "" or undefined is []. */
export function chosenOptions(poll, value = '') {
  const named = value.split('_');
  const known = poll.options
    .map((option) => option.index)
    .filter((index) => named.includes(String(index)));
  return poll.multiple ? known : known.slice(0, 1);
}

/**
 * The chain's entries in order. Each value carries the number its author saw free (one more than the highest then), and
 * that number orders the chain; who joined at the same moment has the same number and is ordered by userID. This is
 * Lamport's clock: whoever saw an entry comes after it, without trusting anybody's wall clock, and an edit keeps its
 * place. The order in which pairs arrive would not do: an edited pair arrives last in a window that opens later.
 * Values without a number (written by another program) come last.
 */
export function sortEntries(pairs) {
  const entries = [];
  for (const [userID, value] of pairs) {
    if (userID !== NOTE) entries.push({ userID, ...parseEntry(value) });
  }
  return entries.sort((a, b) => a.number - b.number || (a.userID < b.userID ? -1 : 1));
}

/** The number that a new entry takes. */
export function nextNumber(pairs) {
  const taken = sortEntries(pairs)
    .map(({ number }) => number)
    .filter(Number.isFinite);
  return Math.max(0, ...taken) + 1;
}

/** Reads a chain value, {"n": 3, "text": "..."}; anything else is taken as the text itself. */
export function parseEntry(value) {
  const parsed = parseJSON(value);
  if (Number.isSafeInteger(parsed?.n) && typeof parsed.text === 'string')
    return { number: parsed.n, text: parsed.text };
  return { number: Infinity, text: value };
}

/**
 * Aggregates a survey. A value is a JSON array with one answer per question, null where there is none. By question:
 * choice has counts and shares per option, scale has the same per mark plus the mean, text has the answers by userID.
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

/** Reads a survey value, one entry per question; what does not fit its question is null. */
export function parseAnswers(survey, value) {
  const parsed = parseJSON(value);
  return survey.questions.map((question, at) => {
    const answer = Array.isArray(parsed) ? parsed[at] : null;
    if (question.type === 'text')
      return typeof answer === 'string' && answer !== '' ? answer : null;
    return marks(question).includes(answer) ? answer : null;
  });
}

/** What may be answered to a question with fixed answers: 1 to n, for n options or a scale of five. */
export function marks(question) {
  const count = question.type === 'scale' ? 5 : question.options.length;
  return Array.from({ length: count }, (_, at) => at + 1);
}

function parseJSON(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // other people's input: an unreadable value is an absent one
  }
}
