import { setAttribute, setText } from './dom.js';
import { CROWD, provokeConflict, sendCrowd } from './experiments.js';
import { showFrames } from './frames.js';
import { cutLine, isCut, restoreLine } from './line.js';
import { errorSentence } from './sentences.js';

const EXPLAINED = {
  crowd: `${CROWD} people vote within four seconds, each over a connection of their own. The hub
    answers each when the vote is on the disk, and tells everybody what they come to as often as it
    can, not ${CROWD} times. Every change has a Seq, one higher than the last.`,
  cut: `Your line is cut, and none comes about. Vote: the vote waits here. When you connect again, it
    leaves, and the page asks only for what has changed behind the last Seq that it knows.`,
  mended: `Connected again. The page has asked for what it missed, and sent what waited.`,
  conflict: `A second window, which is you as well, has just voted, and this one voted before it
    heard of that. Its vote names a Seq that is not the last any more, so the hub refuses it
    (23001) and says what there is now. Nothing is lost silently: you are asked.`,
  nothing: 'There is no open poll to try it on. Make one first.',
};

/**
 * Connects the experiments, and the panel that says what happens and shows the frames. current()
 * gives the poll that is experimented on, or null.
 */
export function openLab(current) {
  const $ = (id) => document.getElementById(id);
  const panel = $('panel');
  const explain = (word) => {
    panel.hidden = false;
    setText($('explained'), EXPLAINED[word].replace(/\s+/g, ' '));
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
    setText($('explained'), `${$('explained').textContent} All ${votes} votes are in.`);
  });
  onClick('conflict', provokeConflict);
  $('cut').addEventListener('click', () => {
    if (isCut()) restoreLine();
    else cutLine();
    setAttribute($('cut'), 'aria-pressed', String(isCut()));
    setText($('cut'), isCut() ? 'Connect again' : 'Cut my connection');
    explain(isCut() ? 'cut' : 'mended');
  });
  $('panel-close').addEventListener('click', () => {
    panel.hidden = true;
    $('crowd').focus();
  });
  showFrames($('frames'));
}
