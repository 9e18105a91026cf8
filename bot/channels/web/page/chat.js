// The talk on the page: messages go out one after the other; one that fails stays where it is, with a button to try again.

import { calls, element, reply } from "./parse.js";
import { FORGET, Failure, forgetOnLeaving, post } from "./post.js";
import { dropAll, keepDraft, keepTalk, restoredDraft, restoredTalk } from "./tab.js";

const MOST_CHARACTERS = 2000;
const COUNT_FROM = 1800;
const ANNOUNCE_MS = 1200;
const DOUBLE_MS = 800;
const SILENT = "这条暂时没有回复，请过一分钟再试。";
const NOT_GONE = "连不上，还没有删掉。请过一会儿再试。";

const the = (id) => document.getElementById(id);
const [log, starters, typing, status, form, words, count, sure] =
  ["log", "starters", "typing", "status", "form", "words", "count", "sure"].map(the);

const talk = restoredTalk();
const shown = new Map();
let busy = false;
let byKeyboard = false;

// ---- showing

// Buttons of one kind (parts of this answer, other topics, votes) stand in a row of their own.
function choiceRows(choices, { together = false } = {}) {
  const rows = [];
  let row = null;
  for (const choice of choices) {
    const kind = together ? "any" : choice.value.split(":")[0];
    if (!row || row.dataset.kind !== kind) {
      row = element("div", { className: "kind" });
      row.dataset.kind = kind;
      rows.push(row);
    }
    const button = element("button", { type: "button" }, choice.label);
    button.addEventListener("click", (event) => {
      byKeyboard = event.detail === 0;
      send({ choice: choice.value }, choice.label);
    });
    row.append(button);
  }
  return rows;
}

function fileRow(files) {
  const made = element("ul", { className: "files" });
  for (const file of files) {
    const url = new URL(file.url, location.href);
    if (!/^https?:$/.test(url.protocol)) continue;
    made.append(element("li", {}, element("a", { href: url.href, download: file.name, rel: "noreferrer" }, file.name)));
  }
  return made;
}

function announce(text) {
  status.textContent = text;
}

function shownBot(entry) {
  const made = element("article", { className: "bubble from-bot", tabIndex: -1 });
  made.append(element("span", { className: "unseen" }, "有数："), ...reply(entry.text || SILENT, announce));
  if (entry.intent === "crisis") {
    made.classList.add("crisis");
    const numbers = calls(entry.text);
    if (numbers) (made.querySelector("p") || made.lastElementChild).after(numbers);
  }
  if (entry.files.length) made.append(fileRow(entry.files));
  const turn = element("div", { className: "turn" }, made);
  if (entry.choices.length) {
    const group = { className: "choices", role: "group", "aria-label": "可以点的回复" };
    turn.append(element("div", group, ...choiceRows(entry.choices)));
  }
  return turn;
}

function shownOwn(entry) {
  const said = element("span", { className: "unseen" }, "您：");
  const turn = element("div", { className: "turn own" }, element("div", { className: "bubble from-me" }, said, entry.text));
  if (entry.state !== "failed") return turn;
  const again = element("button", { type: "button", className: "link" }, entry.final ? "改一改再发" : "重试");
  again.addEventListener("click", () => {
    if (entry.final) takeBack(entry);
    else retry();
    words.focus();
  });
  turn.append(element("p", { className: "problem", role: "alert" }, entry.problem + " ", again));
  return turn;
}

function show(entry) {
  const made = entry.who === "me" ? shownOwn(entry) : shownBot(entry);
  if (shown.has(entry)) shown.get(entry).replaceWith(made);
  else log.append(made);
  shown.set(entry, made);
  return made;
}

function add(entry) {
  talk.entries.push(entry);
  keepTalk(talk);
  return show(entry);
}

function change(entry, changes) {
  Object.assign(entry, changes);
  keepTalk(talk);
  show(entry);
}

const pace = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

function scrollToEnd(behavior = pace()) {
  scrollTo({ top: document.documentElement.scrollHeight, behavior });
}

// A reply that doesn't fit together with its question is read from the question on, not from its end.
function scrollToReply(question) {
  const end = document.documentElement.scrollHeight - innerHeight;
  const top = question.getBoundingClientRect().top + scrollY - document.querySelector("header").offsetHeight;
  if (top >= end) scrollToEnd();
  else question.scrollIntoView({ block: "start", behavior: pace() });
}

function setBusy(now) {
  busy = now;
  typing.hidden = !now;
  clearTimeout(setBusy.timer);
  if (now) setBusy.timer = setTimeout(announce, ANNOUNCE_MS, "有数正在回复");
  else announce("");
}

// ---- sending, one after the other

function send(said, label) {
  retry();
  add({ who: "me", text: label, said, state: "waiting" });
  scrollToEnd();
  pump();
}

function retry() {
  const failed = talk.entries.filter((entry) => entry.state === "failed" && !entry.final);
  for (const entry of failed) change(entry, { state: "waiting" });
  pump();
}

function takeBack(entry) {
  talk.entries.splice(talk.entries.indexOf(entry), 1);
  keepTalk(talk);
  shown.get(entry).remove();
  shown.delete(entry);
  words.value = words.value ? entry.text + "\n" + words.value : entry.text;
  measure();
}

async function pump() {
  const { entries } = talk;
  const entry = entries.find((each) => each.state === "waiting");
  if (busy || !entry) return;
  setBusy(true);
  try {
    const body = await post(talk.session, entry.said);
    if (talk.entries === entries) answered(entry, body);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (talk.entries === entries) failed(entry, failure);
    if (!failure.final) return;
  } finally {
    setBusy(false);
  }
  pump();
}

function answered(entry, body) {
  entry.state = "sent";
  const { text, choices = [], attachments: files = [] } = body.reply;
  const made = add({ who: "bot", intent: body.intent, text, choices, files });
  typing.hidden = true;
  scrollToReply(shown.get(entry));
  if (byKeyboard && entry.said.choice) made.firstElementChild.focus({ preventScroll: true });
}

function failed(entry, failure) {
  change(entry, { state: "failed", problem: failure.message, final: failure.final && "text" in entry.said });
  scrollToEnd();
}

// ---- writing

function measure() {
  keepDraft(words.value);
  words.style.height = "auto";
  words.style.height = words.scrollHeight + words.offsetHeight - words.clientHeight + "px";
  const length = words.value.trim().length;
  const over = length > MOST_CHARACTERS;
  words.setAttribute("aria-invalid", String(over));
  count.classList.toggle("problem", over);
  if (over) count.textContent = `写了 ${length} 字，一次最多 ${MOST_CHARACTERS} 字，请删短些，或分几次发。`;
  else count.textContent = length >= COUNT_FROM ? `还能写 ${MOST_CHARACTERS - length} 字` : "";
}

function submit(event) {
  event.preventDefault();
  const text = words.value.trim();
  words.focus();
  if (!text || text.length > MOST_CHARACTERS) return;
  words.value = "";
  measure();
  send({ text }, text);
}

form.addEventListener("submit", submit);
words.addEventListener("input", measure);
words.addEventListener("keydown", (event) => {
  // While an input method composes, Enter takes its suggestion (229: Safari tells it only by this code).
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key === "Enter" && !event.shiftKey && !composing) submit(event);
});

// ---- leaving and forgetting

function leave(event) {
  if (event) event.preventDefault();
  document.documentElement.hidden = true;
  document.title = "新标签页";
  dropAll();
  if (talk.entries.length) forgetOnLeaving(talk.session);
  location.replace(the("leave").href);
}

let lastEscape = -Infinity;
the("leave").addEventListener("click", leave);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || event.repeat) return;
  if (event.timeStamp - lastEscape < DOUBLE_MS) leave();
  lastEscape = event.timeStamp;
});

async function forget() {
  const body = await post(talk.session, { text: FORGET });
  if (body.decision !== "answer" || !body.reply.text) throw new Failure(body.reply.text || SILENT);
  talk.entries = [];
  shown.clear();
  log.replaceChildren();
  words.value = "";
  measure();
  add({ who: "bot", intent: null, text: body.reply.text, choices: [], files: [] });
  sure.close();
  words.focus();
}

async function tryToForget() {
  const problem = the("sure-error");
  problem.hidden = true;
  try {
    await forget();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    problem.textContent = failure.away ? NOT_GONE : failure.message;
    problem.hidden = false;
  }
}

the("forget").addEventListener("click", () => {
  the("sure-error").hidden = true;
  sure.showModal();
});
the("sure-no").addEventListener("click", () => sure.close());
the("sure-yes").addEventListener("click", tryToForget);

// ---- beginning

async function offerTopics() {
  const answer = await fetch("/api/start").catch(() => null);
  if (!answer || !answer.ok) return;
  const start = await answer.json();
  the("retention").textContent = start.retention_days;
  starters.replaceChildren(...choiceRows(start.choices, { together: true }));
  starters.hidden = false;
}

the("scriptless").remove();
form.hidden = the("forget").hidden = false;
for (const entry of talk.entries) {
  if (entry.state === "waiting") Object.assign(entry, { state: "failed", problem: "这条还没发出去。", final: false });
  show(entry);
}
words.value = restoredDraft();
measure();
if (talk.entries.length) scrollToEnd("auto");
if (matchMedia("(pointer: fine)").matches) words.focus({ preventScroll: true });
addEventListener("online", retry);
offerTopics();
