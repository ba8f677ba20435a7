// A poll with exthub/vue: the chat is logged in, and the message is a poll that it has.
import { createApp, h } from 'vue';
import { provideChat, usePoll } from 'exthub/vue';

const Poll = {
  props: ['message'],
  setup(props) {
    const { state, poll, error, reload, vote, retract } = usePoll(() => props.message);
    return () => {
      if (state.value === 'error') {
        return h('button', { onClick: reload }, `${error.value.message} Try again`);
      }
      if (!poll.value) return h('p', 'One moment…');
      const { title, options, total, voted, closed } = poll.value;
      return h('fieldset', { disabled: closed }, [
        h('legend', title),
        options.map(({ index, text, votes, mine }) =>
          h(
            'button',
            { key: index, 'aria-pressed': mine, onClick: () => vote(index) },
            `${text}: ${votes ?? '?'}`,
          ),
        ),
        h('p', `${total} voted`),
        voted && h('button', { onClick: retract }, 'Take my vote back'),
      ]);
    };
  },
};

export function show(element, chat, message) {
  const app = createApp(Poll, { message });
  provideChat(chat, app);
  app.mount(element);
  return () => app.unmount();
}
