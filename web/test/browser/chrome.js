import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser'];

/** The browser to test with: CHROME_BIN, else one in PATH, else Playwright's own. */
function path() {
  if (process.env.CHROME_BIN) return process.env.CHROME_BIN;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return (
    folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync) ??
    chromium.executablePath()
  );
}

/** Starts a browser that connects to nothing but the page's own hub. */
export function launch() {
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ];
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []; // root cannot use it
  return chromium.launch({ executablePath: path(), args: [...quiet, ...sandbox] });
}
