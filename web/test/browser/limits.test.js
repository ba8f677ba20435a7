import { test } from 'node:test';
import { play } from './stage.js';

const LUNCH = 'Where shall we eat on Friday?';

test('a full card says so, and has room again when somebody leaves', () =>
  play(
    async ({ enter }) => {
      const ada = await enter('Ada');
      const bo = await enter('Bo');
      await ada.make('Poll');
      await ada.press(LUNCH, 'Pizza');
      // 299 more voters, by the page's own SDK. The hub does not care whose name is in a key.
      await ada.page.evaluate(async () => {
        // Under another name it would be another module, with chats of its own.
        const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
        const sdk = loaded.find((name) => new URL(name).pathname.startsWith('/sdk/index'));
        const { default: TencentCloudChat } = await import(sdk);
        const { sdkAppID } = await (await fetch('/demo/usersig?user=Ada')).json();
        // The same instance per SDKAppID.
        const chat = TencentCloudChat.create({ SDKAppID: sdkAppID });
        const { data } = await chat.getMessageList({ conversationID: 'GROUPdemo' });
        for (let from = 1; from < 300; from += 20) {
          const length = Math.min(20, 300 - from);
          const votes = Array.from({ length }, (_, at) => ({
            key: `voter${from + at}_0`,
            value: '1',
          }));
          await chat.setMessageExtensions(data.messageList[0], votes);
        }
      });
      await bo.sees(LUNCH, 'Noodles: 299 votes, 100 %');
      await bo.reads(LUNCH, '300 of 300 entries');
      await bo.press(LUNCH, 'Noodles');
      await bo
        .card(LUNCH)
        .getByRole('alert')
        .getByText(/This card is full: it holds 300 entries/)
        .waitFor();
      await ada.press(LUNCH, 'Noodles'); // a vote that is there may still change
      await bo.sees(LUNCH, 'Noodles: 300 votes, 100 %');
      await ada.press(LUNCH, 'Take my vote back');
      await bo.sees(LUNCH, 'Noodles: 299 votes, 100 %');
      await bo.press(LUNCH, 'Try again');
      await ada.sees(LUNCH, 'Noodles: 300 votes, 100 %');
    },
    { flags: ['--message-rate', '0'] },
  ));
