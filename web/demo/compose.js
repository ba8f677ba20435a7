import { chainData, pollData, surveyData } from './payload.js';
import { errorSentence } from './sentences.js';

const lines = (text) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/**
 * Turns each kind's form into a message's data. Throws an Error with a sentence for mistakes that
 * HTML cannot check.
 */
const READ = {
  poll(fields) {
    const options = [...new Set(lines(fields.get('options')))];
    if (options.length < 2)
      throw new Error('A poll needs two different options, one on each line.');
    return pollData({ title: fields.get('title'), options, multiple: fields.has('multiple') });
  },
  chain(fields, creator) {
    return chainData({
      title: fields.get('title'),
      description: fields.get('description').trim(),
      creator,
    });
  },
  survey(fields) {
    const types = fields.getAll('type');
    const options = fields.getAll('options').map(lines);
    const questions = fields.getAll('text').map((text, at) => ({
      type: types[at],
      text,
      options: types[at] === 'choice' ? options[at] : [],
    }));
    for (const { type, text, options: given } of questions) {
      if (type === 'choice' && given.length < 2)
        throw new Error(`“${text}” needs two options, one on each line.`);
    }
    return surveyData({ title: fields.get('title'), questions });
  },
};

/**
 * Connects the buttons that make cards with their dialogs. send(data) sends a card and resolves
 * when the hub has it.
 */
export function compose(me, send) {
  for (const [kind, read] of Object.entries(READ)) {
    const dialog = document.getElementById(`new-${kind}`);
    const form = dialog.querySelector('form');
    const problem = dialog.querySelector('.problem');
    document.querySelector(`[data-new=${kind}]`).addEventListener('click', () => {
      problem.textContent = '';
      dialog.showModal();
      form.elements.title.select();
    });
    dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
    const submit = async () => {
      const button = form.querySelector('[type=submit]');
      button.disabled = true;
      try {
        await send(read(new FormData(form), me));
        dialog.close();
        // What was ticked for this one is not meant for the next.
        for (const box of form.querySelectorAll('[type=checkbox]')) box.checked = false;
      } catch (error) {
        problem.textContent = errorSentence(error);
      } finally {
        button.disabled = false;
      }
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void submit();
    });
  }
  editQuestions(document.getElementById('questions'));
}

/**
 * Makes the survey's list of questions editable: questions can be added and removed, and only those
 * to choose from have options.
 */
function editQuestions(list) {
  const template = document.getElementById('question');
  const add = () => {
    list.append(template.content.cloneNode(true));
    return list.lastElementChild;
  };
  const examples = [
    {
      text: 'Where shall we go?',
      type: 'choice',
      options: 'To the sea\nInto the hills\nStay in town',
    },
    { text: 'How was the last trip?', type: 'scale', options: '' },
    { text: 'What should we not forget?', type: 'text', options: '' },
  ];
  for (const { text, type, options } of examples) {
    const question = add();
    question.querySelector('[name=text]').value = text;
    question.querySelector('[name=type]').value = type;
    question.querySelector('[name=options]').value = options;
  }
  const adapt = () => {
    for (const question of list.children) {
      question.querySelector('.options').hidden =
        question.querySelector('[name=type]').value !== 'choice';
      question.querySelector('[data-remove]').hidden = list.children.length === 1;
    }
  };
  list.addEventListener('change', adapt);
  list.addEventListener('click', (event) => {
    if (!event.target.closest('[data-remove]')) return;
    event.target.closest('li').remove();
    adapt();
    list.lastElementChild.querySelector('[name=text]').focus();
  });
  document.getElementById('add-question').addEventListener('click', () => {
    add().querySelector('[name=text]').focus();
    adapt();
  });
  adapt();
}
