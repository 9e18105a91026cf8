// Reading aloud and writing by voice, where the browser has them. Only voices of the device itself read: what is read aloud
// goes nowhere. Writing by voice may go to the browser's maker, which is said before it begins.

import { element } from "./element.js";

const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
const SENT_AWAY = "语音由浏览器变成文字，声音可能会发给浏览器厂商。再点一次“语音”就开始。";
const NOT_HEARD = "没听到。请打字，或再点一次“语音”。";

const page = document.documentElement;

function voice() {
  if (!window.speechSynthesis) return undefined;
  return speechSynthesis.getVoices().find((each) => each.localService && /^(zh|cmn)\b/i.test(each.lang));
}

function noteVoices() {
  page.classList.toggle("reads", Boolean(voice()));
}

if (window.speechSynthesis) {
  noteVoices();
  if (speechSynthesis.addEventListener) speechSynthesis.addEventListener("voiceschanged", noteVoices);
}

export function hush() {
  if (window.speechSynthesis) speechSynthesis.cancel();
}

// A button that begins to read and, pressed again, stops.
export function readButton(text) {
  const button = element("button", { type: "button", className: "link read" }, "朗读");
  let reading = false;
  const ended = () => {
    reading = false;
    button.textContent = "朗读";
  };
  button.addEventListener("click", () => {
    const stops = reading;
    hush();
    if (stops) return ended();
    const speech = new SpeechSynthesisUtterance(text());
    [speech.voice, speech.lang, speech.onend, speech.onerror] = [voice(), "zh-CN", ended, ended];
    reading = true;
    button.textContent = "停止朗读";
    return speechSynthesis.speak(speech);
  });
  return button;
}

// Lets a button write what is said into the box; `tell` shows a line, `written` is called after each change.
export function dictate(button, box, tell, written) {
  if (!Recognition || /MicroMessenger/i.test(navigator.userAgent)) return; // WeChat has it in name only
  let told = false;
  let listening = null;
  button.hidden = false;
  const over = () => {
    listening = null;
    button.setAttribute("aria-pressed", "false");
  };
  button.addEventListener("click", () => {
    if (listening) return listening.stop();
    tell(told ? "" : SENT_AWAY);
    if (!told) {
      told = true;
      return undefined;
    }
    listening = new Recognition();
    [listening.lang, listening.onend] = ["zh-CN", over];
    listening.onerror = () => tell(NOT_HEARD);
    listening.onresult = (event) => {
      box.value += event.results[0][0].transcript;
      written();
      box.focus();
    };
    button.setAttribute("aria-pressed", "true");
    return listening.start();
  });
}
