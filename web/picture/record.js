// Records the moving picture of the README: node picture/record.js FILE. It shows two windows of
// the demo page on a real hub, in a real Chromium. What moves in them moves by one frame at a time,
// so the picture runs evenly however slow the machine is.

import { writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { PNG } from 'pngjs';
import { launch } from '../test/browser/chrome.js';
import { Person } from '../test/browser/stage.js';
import { Hub } from '../test/hub.js';
import { animate } from './apng.js';

const LUNCH = 'Where shall we eat on Friday?';
const SCALE = 1.5; // pixels of the picture in one of the page
const WINDOW = { width: 408, height: 690 };
const FRAME = 50; // ms
const GLIDE = 14; // frames in which the pointer reaches a button
const SLIDE = 10; // frames in which a bar comes to rest

/** The one change to the page: no glow behind it, whose dithering would take most of the file. */
const PLAIN = 'body { background: var(--bg); }';

/** What the two windows stand on, with their titles, and the pointer above both. */
const DESK = `<!doctype html><style>
  body { margin: 0; padding: 14px; display: flex; gap: 14px; background: #d9d5ea; }
  figure { margin: 0; border-radius: 10px; overflow: hidden; box-shadow: 0 0 0 1px #b9b3d2; }
  figcaption { padding: 7px; border-bottom: 1px solid #e3dfe8; background: #fff; color: #625f6c; }
  figcaption { font: 600 13px system-ui, sans-serif; text-align: center; }
  img { display: block; width: ${WINDOW.width}px; height: ${WINDOW.height}px; }
  svg { position: absolute; left: 0; top: 0; }
</style>
<figure><figcaption></figcaption><img></figure><figure><figcaption></figcaption><img></figure>
<svg width="22" height="26">
  <path d="M2 1v20l5-5 3 8 4-2-3-7h7z" fill="#1e1c25" stroke="#fff" stroke-width="1.5"/>
</svg>`;

/** A film of people's windows, side by side on the desk. */
class Film {
  pictures = [];
  #desk;
  #people;
  #windows;
  #pointer = { x: WINDOW.width + 20, y: WINDOW.height - 40 };

  constructor(desk, people) {
    this.#desk = desk;
    this.#people = people;
  }

  async begin() {
    const titles = await Promise.all(this.#people.map(({ page }) => page.title()));
    await this.#desk.setContent(DESK);
    await this.#desk.locator('figcaption').evaluateAll((all, texts) => {
      all.forEach((caption, at) => caption.append(texts[at]));
    }, titles);
    this.#windows = await Promise.all(
      titles.map((_, at) => this.#desk.locator('img').nth(at).boundingBox()),
    );
    for (const { page } of this.#people) await freeze(page);
    await this.#point();
    await this.#run(SLIDE);
    this.pictures = this.pictures.slice(-1); // the cards have come to rest
  }

  /** Leads the pointer to an option in somebody's window, and presses it there. */
  async press(person, option) {
    const row = person.card(LUNCH).getByRole('listitem').filter({ hasText: option });
    const button = await row.boundingBox();
    const window = this.#windows[this.#people.indexOf(person)];
    const from = this.#pointer;
    const to = {
      x: window.x + button.x + button.width * 0.45,
      y: window.y + button.y + button.height * 0.6,
    };
    for (let at = 1; at <= GLIDE; at++) {
      const part = (1 - Math.cos((Math.PI * at) / GLIDE)) / 2; // slow at both ends
      this.#pointer = { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
      await this.#point();
      await this.#run(1);
    }
    await person.page.mouse.down();
    await person.page.mouse.up();
  }

  /** Waits until all windows show the results, films the bars, and lets them stand, in ms. */
  async see(results, time) {
    for (const person of this.#people) await person.sees(LUNCH, ...results);
    await this.#run(SLIDE);
    this.rest(time);
  }

  /** Lets the last picture stand for a while, in ms. */
  rest(time) {
    this.pictures.at(-1).delay += time;
  }

  /** Moves the pages' own pointers, so that a button lights up under the one that is drawn. */
  async #point() {
    for (const [at, { page }] of this.#people.entries()) {
      await page.mouse.move(
        this.#pointer.x - this.#windows[at].x,
        this.#pointer.y - this.#windows[at].y,
      );
    }
  }

  async #run(frames) {
    for (let at = 0; at < frames; at++) {
      const shots = await Promise.all(this.#people.map(({ page }) => shot(page)));
      await this.#desk.evaluate(lay, { shots, pointer: this.#pointer });
      this.pictures.push({ png: PNG.sync.read(await this.#desk.screenshot()), delay: FRAME });
    }
  }
}

/**
 * Stops the clocks by which a page moves: that of its animations, and that of its frames. Timers go
 * on, or the hub would hear no more from it.
 */
async function freeze(page) {
  const inspector = await page.context().newCDPSession(page);
  await inspector.send('Animation.enable');
  await inspector.send('Animation.setPlaybackRate', { playbackRate: 0 });
  await page.evaluate(() => {
    let now = performance.now();
    let waiting = [];
    performance.now = () => now;
    window.requestAnimationFrame = (draw) => waiting.push(draw);
    window.tick = (step) => {
      const ready = waiting;
      waiting = [];
      now += step;
      for (const draw of ready) draw(now);
    };
  });
}

/** Moves the clocks of a page by one frame, then takes a picture of it. */
async function shot(page) {
  await page.evaluate((step) => {
    window.tick(step);
    for (const animation of document.getAnimations()) {
      const next = step + (animation.playState === 'paused' ? animation.currentTime : 0);
      animation.pause();
      if (next < animation.effect.getComputedTiming().endTime) animation.currentTime = next;
      else animation.finish();
    }
  }, FRAME);
  return (await page.screenshot()).toString('base64');
}

/** Runs in the desk's page: shows the windows' pictures, and the pointer. */
async function lay({ shots, pointer }) {
  document.querySelector('svg').style.transform = `translate(${pointer.x}px, ${pointer.y}px)`;
  await Promise.all(
    [...document.querySelectorAll('img')].map((image, at) => {
      image.src = `data:image/png;base64,${shots[at]}`;
      return image.decode();
    }),
  );
}

/** The scene: Ada votes, Bo votes, then three others do, who are not in the picture. */
async function play(hub, browser) {
  const open = async (viewport) =>
    (await browser.newContext({ viewport, deviceScaleFactor: SCALE, bypassCSP: true })).newPage();
  const enter = async (name) => {
    const person = new Person(await open(WINDOW), hub);
    await person.enter(name);
    await person.page.addStyleTag({ content: PLAIN });
    return person;
  };
  const [ada, bo, ...others] = await Promise.all(['Ada', 'Bo', 'Chen', 'Dana', 'Emre'].map(enter));
  await ada.make('Poll');
  await bo.sees(LUNCH, 'Pizza 0 votes 0%');

  const desk = await open({ width: 2 * WINDOW.width + 42, height: WINDOW.height + 60 });
  const film = new Film(desk, [ada, bo]);
  await film.begin();
  film.rest(900);
  await film.press(ada, 'Noodles');
  await film.see(['Noodles 1 vote 100%'], 900);
  await film.press(bo, 'Pizza');
  await film.see(['Noodles 1 vote 50%', 'Pizza 1 vote 50%'], 900);
  const results = ['Pizza 2 votes 67%', 'Something with rice 1 vote 25%', 'Pizza 3 votes 60%'];
  for (const [at, other] of others.entries()) {
    await other.press(LUNCH, results[at].replace(/ \d.*/, ''));
    await film.see([results[at]], 300);
  }
  film.rest(2500);
  return animate(film.pictures);
}

const hub = await Hub.start();
let browser;
try {
  browser = await launch();
  await writeFile(argv[2], await play(hub, browser));
} finally {
  await browser?.close();
  await hub.stop();
}
