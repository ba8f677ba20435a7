// The one browser of a file of tests. To start it takes longer than most tests do; what people do
// in it stays in their contexts, which have nothing in common, not even a cache.
import { after } from 'node:test';
import { launch } from './chrome.js';

let browser;

/** The browser, started by the first who asks. Who opens a context in it also closes that. */
export const sharedBrowser = () => (browser ??= launch());

after(async () => (await browser)?.close());
