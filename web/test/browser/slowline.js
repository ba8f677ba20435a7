/**
 * Controls a page's line to the hub. Call it before the page is opened. The frames of the real hub
 * pass unchanged, but the test says when. A paused line keeps back notifications, so the page
 * misses changes of others, as on a slow line. A cut line takes no new connection.
 */
export async function slowLine(page) {
  let paused = null;
  let lines = [];
  let cut = false;
  let swallowed = false;
  let waiting = [];
  const isNotification = (frame) => frame.startsWith('[') || JSON.parse(frame).method !== undefined;

  await page.routeWebSocket(/\/ws$/, async (line) => {
    if (cut) await new Promise((resolve) => waiting.push(resolve));
    const server = line.connectToServer();
    lines.push(line, server);
    line.onMessage((frame) => server.send(frame));
    server.onMessage((frame) => {
      if (swallowed) return;
      if (paused && isNotification(frame)) paused.push(() => line.send(frame));
      else line.send(frame);
    });
  });

  return {
    pause() {
      paused = [];
    },
    resume() {
      const frames = paused;
      paused = null;
      for (const send of frames) send();
    },
    /** Loses all that the hub says, until the connection is cut. */
    swallow() {
      swallowed = true;
    },
    /** Ends the connection, and lets no new one through until restore. */
    async cut() {
      cut = true;
      swallowed = false;
      const old = lines;
      lines = [];
      for (const line of old) await line.close({ code: 4003, reason: 'cut by the test' });
    },
    restore() {
      cut = false;
      const ready = waiting;
      waiting = [];
      for (const go of ready) go();
    },
  };
}
