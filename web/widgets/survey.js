import { csv, h, setText } from './dom.js';
import { byteLength } from './long.js';
import { Options } from './options.js';
import { answersOf, readSurvey, tallySurvey, valueOf } from './sheet.js';
import { Widget } from './widget.js';
import { addWords } from './words.js';

/**
 * @typedef {import('./sheet.js').Survey} Survey
 * @typedef {import('./sheet.js').Question} Question
 *
 * @typedef {object} Field one question on the page
 * @property {Options | null} options
 * @property {HTMLTextAreaElement | null} words
 * @property {HTMLElement} hint by how much they are too long
 * @property {HTMLElement} list the words of all
 * @property {HTMLElement} element
 */

/** The most answers in own words that are shown. */
const MAX_TEXTS = 50;

addWords({
  en: {
    send: 'Send my answers',
    resend: 'Change my answers',
    withdraw: 'Take mine back',
    answered: { one: '{n} person answered', other: '{n} people answered' },
    unanswered: 'No answers yet',
    thanks: 'Your answers are counted.',
  },
  zh: {
    send: '提交',
    resend: '修改我的回答',
    withdraw: '撤回我的回答',
    answered: '{n} 人已回答',
    unanswered: '还没有人回答',
    thanks: '你的回答已计入。',
  },
});

/**
 * A survey: several questions, which one person answers together.
 *
 * @extends {Widget<Survey>}
 */
export class ExtSurvey extends Widget {
  /** @type {Field[]} */
  _fields = [];
  /** Whether somebody has chosen or typed what is not sent. */
  _touched = false;
  /** @param {string[]} answers */
  async vote(...answers) {
    this._need();
    await this._write(valueOf(/** @type {Survey} */ (this._sheet), answers));
  }

  export() {
    this._need();
    const survey = /** @type {Survey} */ (this._sheet);
    const lines = this._count().results.flatMap(({ votes, texts }, at) => {
      const { text, options } = /** @type {Question} */ (survey.questions[at]);
      if (!options.length) return texts.map((written) => [text, written, '']);
      return options.map((option, i) => [text, option.text, `${votes?.[i] ?? ''}`]);
    });
    return csv([['question', 'answer', 'votes'], ...lines]);
  }

  /** @override */
  get _key() {
    return this._source?.chat.getLoginUser() ?? '';
  }

  /** @override @type {Widget<Survey>['_read']} */
  _read(message) {
    return readSurvey(message);
  }

  /** @override */
  _total() {
    return this._count().total;
  }

  /** @override */
  _news() {
    const total = this._total();
    return total ? this._say('answered', total) : this._say('unanswered');
  }

  /** @override */
  _thanks() {
    return this._say('thanks');
  }

  /** @override @param {string} value */
  _describe(value) {
    const { questions } = /** @type {Survey} */ (this._sheet);
    const answers = answersOf(/** @type {Survey} */ (this._sheet), value).map((answer, at) => {
      const options = questions[at]?.options ?? [];
      if (!options.length) return answer;
      const chosen = answer.split('_');
      return options
        .filter(({ index }) => chosen.includes(index))
        .map(({ text }) => text)
        .join(', ');
    });
    return answers.filter(Boolean).join(', ') || this._say('none');
  }

  /** @override @param {string} value */
  _detail(value) {
    return { answers: value ? answersOf(/** @type {Survey} */ (this._sheet), value) : [] };
  }

  /** @override */
  _build() {
    const { questions } = /** @type {Survey} */ (this._sheet);
    this._touched = false;
    this._fields = questions.map((question, at) => this._field(question, at));
    const elements = this._fields.map(({ element }) => element);
    const whole = { part: 'fieldset', class: 'whole' };
    this._body.replaceChildren(
      h('fieldset', whole, this._legend, this._hint, ...elements),
      this._foot,
    );
  }

  /**
   * @param {Question} question
   * @param {number} at
   * @returns {Field}
   */
  _field({ text, options: list, most }, at) {
    const touch = () => {
      this._touched = true;
      this._draw();
    };
    const options = list.length ? new Options(list, most, `question${at}`, touch) : null;
    const words = options
      ? null
      : h('textarea', {
          part: 'field',
          class: 'field',
          rows: '2',
          dir: 'auto',
          oninput: touch,
          'aria-label': text,
        });
    const hint = h('p', { part: 'hint', class: 'hint' });
    const all = h('ul', { part: 'texts', class: 'texts', role: 'list' });
    const legend = h('legend', { part: 'legend', class: 'small', dir: 'auto' }, text);
    const element = h(
      'fieldset',
      { part: 'fieldset' },
      legend,
      options?.element ?? words ?? '',
      hint,
      all,
    );
    return { options, words, hint, list: all, element };
  }

  /** What is chosen and typed. */
  _answers() {
    const survey = /** @type {Survey} */ (this._sheet);
    const mine = answersOf(survey, this._mine);
    return this._fields.map(({ options, words }, at) => {
      if (words) return words.value.trim();
      return options?.choice?.join('_') ?? mine[at] ?? '';
    });
  }

  /** By how many bytes each answer is too long. */
  _excesses() {
    const { questions } = /** @type {Survey} */ (this._sheet);
    return this._fields.map(({ words }, at) =>
      words ? byteLength(words.value.trim()) - (questions[at]?.bytes ?? 0) : 0,
    );
  }

  /** @override */
  _submit() {
    const value = valueOf(/** @type {Survey} */ (this._sheet), this._answers());
    if (!value || !this._isOpen || this._excesses().some((bytes) => bytes > 0)) return;
    this._touched = false;
    this._try(value);
    for (const { options } of this._fields) if (options) options.choice = null;
  }

  /** @override @param {any} error */
  _onRefused(error) {
    super._onRefused(error);
    // All together are too long: how much a hub takes it says only then.
    const [, bytes, most] = /(\d+) bytes, at most (\d+)/.exec(error.message) ?? [];
    if (bytes) this._refusal = this._say('long', Number(bytes) - Number(most));
  }

  /** @override @param {string} value */
  _giveBack(value) {
    if (this._touched) return; // something newer
    this._touched = true;
    const answers = answersOf(/** @type {Survey} */ (this._sheet), value);
    this._fields.forEach(({ options, words }, at) => {
      const answer = answers[at] ?? '';
      if (options) options.choice = answer ? answer.split('_') : [];
      if (words) words.value = answer;
    });
    this._draw();
  }

  /** @returns {ReturnType<typeof tallySurvey>} */
  _count() {
    const survey = /** @type {Survey} */ (this._sheet);
    const source = /** @type {import('./source.js').Source} */ (this._source);
    const mine = { key: this._key, stored: this._stored, wished: this._mine };
    return (this._counted ??= tallySurvey(survey, source, mine));
  }

  /** @override */
  _update() {
    const survey = /** @type {Survey} */ (this._sheet);
    const { total, results } = this._count();
    const mine = answersOf(survey, this._mine);
    const open = this._isOpen;
    this._updateHint('');
    this._updateStatus(total, 'answered', 'unanswered');
    this._fields.forEach((field, at) => {
      const result = this._isRevealed ? results[at] : undefined;
      this._updateField(field, mine[at] ?? '', total, result);
    });
    const excesses = this._excesses();
    this._fields.forEach(({ hint }, at) => {
      const excess = excesses[at] ?? 0;
      setText(hint, excess > 0 ? this._say('long', excess) : '');
    });
    const answered = this._mine !== '';
    setText(
      this._sendButton,
      open && (this._touched || !answered) ? this._say(answered ? 'resend' : 'send') : '',
    );
    this._sendButton.disabled =
      !this._touched || excesses.some((excess) => excess > 0) || !valueOf(survey, this._answers());
    setText(this._retractButton, open && answered && !this._touched ? this._say('withdraw') : '');
    const shown = this._isRevealed ? results : null;
    this._tellChange({ total, closed: this._isClosed, questions: shown });
  }

  /**
   * @param {Field} field
   * @param {string} mine
   * @param {number} total
   * @param {{ votes: number[] | null, texts: string[] }} [result] undefined while it is hidden
   */
  _updateField({ options, words, list }, mine, total, result) {
    const open = this._isOpen;
    options?.update({
      open,
      mine: mine ? mine.split('_') : [],
      votes: result?.votes ?? null,
      total,
      pending: Boolean(this._answer?.wish),
      closed: this._isClosed,
      language: this._language,
    });
    if (!words) return void (list.hidden = true);
    words.hidden = !open;
    if (!this._touched) words.value = mine;
    const texts = (result?.texts ?? []).slice(-MAX_TEXTS);
    list.hidden = !texts.length;
    if (list.textContent !== texts.join(''))
      list.replaceChildren(...texts.map((text) => h('li', { part: 'text', dir: 'auto' }, text)));
  }
}
