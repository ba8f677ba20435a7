// Pages that sleep: offline, frozen, or in the browser's cache.
import { test } from 'node:test';
import { play } from './stage.js';

const LUNCH = 'Where shall we eat on Friday?';

const SLEEPS = {
  offline: [() => new Event('offline'), () => new Event('online')],
  'in the cache of pages': [
    () => new PageTransitionEvent('pagehide', { persisted: true }),
    () => new PageTransitionEvent('pageshow', { persisted: true }),
  ],
};

for (const [how, events] of Object.entries(SLEEPS)) {
  test(`a page that was ${how} is back by itself, with what it missed`, () =>
    play(async ({ enter }) => {
      const ada = await enter('Ada');
      const bo = await enter('Bo');
      const [sleep, wake] = events.map((event) => `window.dispatchEvent((${String(event)})())`);
      await ada.make('Poll');
      await bo.card(LUNCH).waitFor();
      await bo.page.evaluate(sleep);
      await ada.press(LUNCH, 'Pizza');
      await bo.page.evaluate(wake);
      await bo.sees(LUNCH, 'Pizza 1 vote 100%');
    }));
}
