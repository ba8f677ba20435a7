import { editOptions, splitLines } from './options.js';
import { chainMessage, pollMessage, surveyMessage } from './payload.js';
import { errorSentence } from './sentences.js';

const EXAMPLES = ['Noodles', 'Pizza', 'Something with rice'];

/**
 * Turns each kind's form into a message. Throws an Error with a sentence for mistakes that HTML
 * cannot check.
 */
const READ = {
  poll(fields) {
    const given = fields.getAll('option').map((text) => text.trim());
    const options = [...new Set(given.filter(Boolean))];
    if (options.length < 2) throw new Error('A poll needs two different options.');
    const minutes = Number(fields.get('closes'));
    return pollMessage({
      title: fields.get('title'),
      options,
      multiple: fields.has('multiple'),
      anonymous: fields.has('anonymous'),
      results: fields.get('results'),
      closeAt: minutes ? Math.floor(Date.now() / 1000) + minutes * 60 : undefined,
    });
  },
  chain(fields, creator) {
    return chainMessage({
      title: fields.get('title'),
      description: fields.get('description').trim(),
      creator,
    });
  },
  survey(fields) {
    const types = fields.getAll('type');
    const options = fields.getAll('options').map(splitLines);
    const questions = fields.getAll('text').map((text, at) => ({
      type: types[at],
      text,
      options: types[at] === 'choice' ? options[at] : [],
    }));
    for (const { type, text, options: given } of questions) {
      if (type === 'choice' && given.length < 2)
        throw new Error(`“${text}” needs two options, one on each line.`);
    }
    return surveyMessage({ title: fields.get('title'), questions });
  },
};

/**
 * Connects the buttons that make cards with their dialogs. send({data, rules}) sends a card and
 * resolves when the hub has it.
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
        // What was ticked and chosen for this one is not meant for the next.
        for (const field of form.querySelectorAll('[type=checkbox], [data-once]')) reset(field);
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
  editOptions(document.getElementById('options'), document.getElementById('add-option'), EXAMPLES);
  editQuestions(document.getElementById('questions'));
}

function reset(field) {
  if (field.type === 'checkbox') field.checked = field.defaultChecked;
  else field.selectedIndex = 0;
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
