const ALL = '*';

/**
 * Holds the lines of a page to the hub. Call it before the page is opened. The frames of the real
 * hub pass unchanged, but the test says when.
 */
export async function holdLines(page) {
  let cut = '';
  let deaf = '';
  let lines = [];
  let waiting = [];
  const held = new Map();
  const kept = [];
  const methods = new Set();
  const users = new Map();

  await page.routeWebSocket(/\/ws$/, async (line) => {
    if (cut === ALL) await new Promise((resolve) => waiting.push(resolve));
    const server = line.connectToServer();
    let user = '';
    lines.push({ ends: [line, server], isOf: (name) => name === ALL || name === user });
    line.onMessage((frame) => {
      const { method, params } = JSON.parse(frame);
      if (method === 'login') user = params.userID;
      if (cut === user) return;
      const keep = methods.has(method) || users.get(user)?.has(method);
      // What comes behind it waits too: a line does not turn frames around.
      const queue = held.get(line);
      if (queue) queue.push(() => server.send(frame));
      else if (keep) held.set(line, [() => server.send(frame)]);
      else server.send(frame);
    });
    server.onMessage((frame) => {
      const told = frame.startsWith('[') || JSON.parse(frame).method !== undefined;
      if ((deaf === ALL || deaf === user) && told) kept.push(() => line.send(frame));
      else line.send(frame);
    });
  });

  const letGo = (frames) => {
    for (const send of frames.splice(0)) send();
  };
  return {
    /** Keeps requests of this method back, of one user or of all, and what comes behind them. */
    hold(method, user) {
      if (!user) return void methods.add(method);
      users.set(user, (users.get(user) ?? new Set()).add(method));
    },
    release() {
      methods.clear();
      users.clear();
      for (const frames of held.values()) letGo(frames);
      held.clear();
    },
    /** Keeps back what the hub tells, but not its answers. */
    deafen(user = ALL) {
      deaf = user;
    },
    hear() {
      deaf = '';
      letGo(kept);
    },
    /** Ends the connections, of one user or of all, and lets no new one through until restore. */
    async cut(user = ALL) {
      cut = user;
      const old = lines.filter((one) => one.isOf(user));
      lines = lines.filter((one) => !one.isOf(user));
      for (const { ends } of old)
        for (const end of ends) await end.close({ code: 4003, reason: 'cut by the test' });
    },
    restore() {
      cut = '';
      const ready = waiting;
      waiting = [];
      for (const go of ready) go();
    },
  };
}
