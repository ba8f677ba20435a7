import { setAttribute, setText } from './dom.js';
import { CROWD, provokeConflict, sendCrowd } from './experiments.js';
import { showFrames } from './frames.js';
import { cutLine, isCut, restoreLine } from './line.js';
import { errorSentence } from './sentences.js';
import { say } from './words.js';

/**
 * Connects the experiments, and the panel that says what happens and shows the frames. current()
 * gives the poll that is experimented on, or null.
 */
export function openLab(current) {
  const $ = (id) => document.getElementById(id);
  const panel = $('panel');
  const explain = (word) => {
    panel.hidden = false;
    setText($('explained'), say(`why_${word}`, CROWD));
  };
  const attempt = async (id, run) => {
    const poll = current();
    if (!poll) return explain('nothing');
    explain(id);
    $(id).disabled = true;
    try {
      await run(poll);
    } catch (error) {
      setText($('explained'), errorSentence(error));
    } finally {
      $(id).disabled = false;
    }
  };
  const onClick = (id, run) => $(id).addEventListener('click', () => void attempt(id, run));
  onClick('crowd', async (poll) => {
    const votes = await sendCrowd(poll);
    setText($('explained'), `${$('explained').textContent} ${say('allIn', votes)}`);
  });
  onClick('conflict', provokeConflict);
  $('cut').addEventListener('click', () => {
    if (isCut()) restoreLine();
    else cutLine();
    setAttribute($('cut'), 'aria-pressed', String(isCut()));
    setText($('cut'), say(isCut() ? 'mend' : 'cut'));
    explain(isCut() ? 'cut' : 'mended');
  });
  $('panel-close').addEventListener('click', () => {
    panel.hidden = true;
    $('crowd').focus();
  });
  showFrames($('frames'));
}
