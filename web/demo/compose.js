import { question } from './dialogs.js';
import { editOptions, splitLines } from './options.js';
import { chainMessage, pollMessage, surveyMessage } from './payload.js';
import { errorSentence } from './sentences.js';
import { say } from './words.js';

/**
 * Turns each kind's form into a message. Throws an Error with a sentence for mistakes that HTML
 * cannot check.
 */
const READ = {
  poll(fields) {
    const given = fields.getAll('option').map((text) => text.trim());
    const options = [...new Set(given.filter(Boolean))];
    if (options.length < 2) throw new Error(say('twoOptions'));
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
      if (type === 'choice' && given.length < 2) throw new Error(say('twoLines', 0, text));
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
  const examples = ['noodles', 'pizza', 'rice'].map((word) => say(word));
  editOptions(document.getElementById('options'), document.getElementById('add-option'), examples);
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
  const add = () => {
    list.append(question());
    return list.lastElementChild;
  };
  const examples = [
    { text: say('whereTo'), type: 'choice', options: say('places') },
    { text: say('lastTrip'), type: 'scale', options: '' },
    { text: say('forget'), type: 'text', options: '' },
  ];
  for (const { text, type, options } of examples) {
    const item = add();
    item.querySelector('[name=text]').value = text;
    item.querySelector('[name=type]').value = type;
    item.querySelector('[name=options]').value = options;
  }
  const adapt = () => {
    for (const item of list.children) {
      item.querySelector('.options').hidden = item.querySelector('[name=type]').value !== 'choice';
      item.querySelector('[data-remove]').hidden = list.children.length === 1;
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
