// The SDK still has what each break of ../breaks.js replaces. Whether a random life catches it only
// make torture asks, which takes minutes.
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BREAKS, breakFile } from '../breaks.js';

for (const broken of BREAKS) {
  test(`it can be broken: ${broken.name}`, () =>
    breakFile(fileURLToPath(new URL(`../../sdk/${broken.file}`, import.meta.url)), broken));
}
