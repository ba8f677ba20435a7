// A poll with exthub/react: the chat is logged in, and the message is a poll that it has.
import { createRoot } from 'react-dom/client';
import { ChatProvider, usePoll } from 'exthub/react';

function Poll({ message }) {
  const { state, poll, error, reload, vote, retract } = usePoll(message);
  if (state === 'error') return <button onClick={reload}>{error.message} Try again</button>;
  if (!poll) return <p>One moment…</p>;
  return (
    <fieldset disabled={poll.closed}>
      <legend>{poll.title}</legend>
      {poll.options.map(({ index, text, votes, mine }) => (
        <button key={index} aria-pressed={mine} onClick={() => void vote(index)}>
          {text}: {votes ?? '?'}
        </button>
      ))}
      <p>{poll.total} voted</p>
      {poll.voted && <button onClick={() => void retract()}>Take my vote back</button>}
    </fieldset>
  );
}

export function show(element, chat, message) {
  const root = createRoot(element);
  root.render(
    <ChatProvider chat={chat}>
      <Poll message={message} />
    </ChatProvider>,
  );
  return () => root.unmount();
}
