// Leaving fast: nothing of the talk stays on the screen, in the tab, in its history or on the server. Inside a partner's page
// it is that page which must go, and only the script there can send it away.

import { forgetOnLeaving } from "./post.js";
import { dropAll } from "./tab.js";
import { hush } from "./voice.js";

const DOUBLE_MS = 800;

const link = document.getElementById("leave");
export const framed = window.parent !== window;

// Messages without content, so that any page may hear them.
export function tellFrame(word) {
  window.parent.postMessage(`youshu:${word}`, "*");
}

export function leaveFast(talk) {
  function leave(event) {
    if (event) event.preventDefault();
    document.documentElement.hidden = true;
    document.title = "新标签页";
    hush();
    dropAll();
    if (talk.entries.length) forgetOnLeaving(talk.session);
    if (framed) tellFrame("leave");
    else location.replace(link.href);
  }

  let lastEscape = -Infinity;
  link.addEventListener("click", leave);
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || event.repeat) return;
    if (event.timeStamp - lastEscape < DOUBLE_MS) leave();
    lastEscape = event.timeStamp;
  });
}
