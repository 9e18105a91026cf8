// The talk on the page: messages go out one after the other; one that fails stays where it is, with a button to try again.

import { botTurn, chips, ownTurn } from "./card.js";
import { closeDialog, day, element, openDialog, rest } from "./element.js";
import { framed, leaveFast, tellFrame } from "./leaving.js";
import { FORGET, Failure, post } from "./post.js";
import { fit, scrollToEnd, scrollToOpened, scrollToReply } from "./room.js";
import { botEntry, isChoice, keepDraft, keepTalk, newId, restoredDraft, restoredSize, restoredTalk } from "./tab.js";
import { dictate } from "./voice.js";

const MOST_CHARACTERS = 2000;
const COUNT_FROM = 1800;
const ANNOUNCE_MS = 1200;
const PAUSE_MS = 5 * 60 * 1000;
const RETRY_TOPICS_MS = 3000;
const MENU = { label: "全部话题", value: "menu" };
const NOT_GONE = "连不上，还没有删掉。请过一会儿再试。";
const NO_MENU = "连不上，“更多”现在打不开。请过一会儿再试。";
const AFTER_IT = "前面的没发出去，这条也还没发。";
const RELOADED = "这条还没等到回答，页面就刷新了。";

const the = (id) => document.getElementById(id);
const [log, starters, typing, status, form, words, count, sure] =
  ["log", "starters", "typing", "status", "form", "words", "count", "sure"].map(the);

const talk = restoredTalk();
const menu = () => import("./menu.js");
const shown = new Map();
let busy = false;
let byKeyboard = false;

// ---- showing

function announce(text) {
  status.textContent = text;
}

function timeBefore(entry) {
  const before = talk.entries[talk.entries.indexOf(entry) - 1];
  if (before && entry.at - before.at < PAUSE_MS) return [];
  const text = new Date(entry.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
  return [element("time", { dateTime: new Date(entry.at).toISOString() }, text)];
}

function show(entry) {
  const made = entry.who === "me" ? ownTurn(entry, actions) : botTurn(entry, actions);
  made.prepend(...timeBefore(entry));
  if (shown.has(entry)) shown.get(entry).replaceWith(made);
  else log.append(made);
  shown.set(entry, made);
  return made;
}

// Only the last reply offers something to tap; once something was said after it, its buttons rest until the next reply.
function tidy() {
  const replies = talk.entries.filter((entry) => entry.who === "bot");
  const current = replies[replies.length - 1];
  for (const entry of replies) shown.get(entry).classList.toggle("past", entry !== current);
  const after = talk.entries.slice(talk.entries.indexOf(current) + 1);
  if (current) rest(shown.get(current).querySelectorAll(".kind > button:not([aria-pressed])"), after.length > 0);
  rest(starters.querySelectorAll("button"), after.length > 0);
  starters.hidden = !starters.childElementCount || replies.length > 0;
}

function add(entry) {
  talk.entries.push(entry);
  keepTalk(talk);
  const made = show(entry);
  tidy();
  return made;
}

function change(entry, changes) {
  Object.assign(entry, changes);
  keepTalk(talk);
  show(entry);
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
  add({ who: "me", text: label, said: { ...said, id: newId() }, state: "waiting", at: Date.now() });
  scrollToEnd();
  pump();
}

function sendChoice(choice, event) {
  byKeyboard = event.detail === 0;
  send({ choice: choice.value }, choice.label);
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
  tidy();
  words.focus();
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

const entryOf = ({ reply, intent, decision }) =>
  botEntry({ ...reply, files: reply.attachments, intent, decision, at: Date.now() });

function answered(entry, body) {
  entry.state = "sent";
  const made = add(entryOf(body));
  typing.hidden = true;
  scrollToReply(shown.get(entry), made);
  if (byKeyboard && entry.said.choice) made.querySelector("article").focus({ preventScroll: true });
  if (!starters.childElementCount) offerTopics();
  menu().catch(() => undefined); // so that it can be saved when the network goes away; else it is asked for at the tap
}

function failed(entry, failure) {
  change(entry, { state: "failed", problem: failure.message, final: failure.final && "text" in entry.said });
  if (!failure.final) {
    const behind = talk.entries.filter((each) => each.state === "waiting");
    for (const each of behind) change(each, { state: "failed", problem: AFTER_IT, final: false });
  }
  tidy();
  scrollToEnd();
}

// ---- what is tapped in a card and answered there

// The body, or null where the reply is no answer to the tap (danger to life goes before all else): it then stands in the talk.
async function asked(entry, choice, fits) {
  const { entries } = talk;
  const body = await post(talk.session, { choice: choice.value });
  if (talk.entries !== entries) return null;
  if (fits(body)) return body;
  scrollToEnd("auto");
  scrollToReply(shown.get(entry), add(entryOf(body)));
  return null;
}

// Does what a tap in a card says; gives the line to show where it failed.
async function inCard(entry, choice, fits, then) {
  try {
    const body = await asked(entry, choice, fits);
    if (body) then(body.reply);
    keepTalk(talk);
    return null;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return failure.away ? "连不上，请再点一次。" : failure.message;
  }
}

const actions = {
  announce,
  retry: () => { retry(); words.focus(); },
  takeBack,
  send: sendChoice,
  keep: () => keepTalk(talk),
  shown: scrollToOpened,
  open: (entry, choice) =>
    inCard(entry, choice, (body) => body.part && body.intent === entry.intent, (reply) => {
      entry.parts[choice.value] = reply.text;
    }),
  vote: (entry, choice) =>
    inCard(entry, choice, (body) => body.decision === "answer" && !body.intent, (reply) => {
      const value = choice.value.startsWith("v:") ? choice.value : entry.vote.value;
      entry.vote = { value, text: reply.text, choices: (reply.choices || []).filter(isChoice) };
    }),
};

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

// ---- forgetting

async function forget() {
  const body = await post(talk.session, { text: FORGET });
  if (body.decision !== "answer" || !body.reply.text) throw new Failure(body.reply.text || NOT_GONE);
  talk.entries = [];
  shown.clear();
  log.replaceChildren();
  words.value = "";
  measure();
  add(entryOf({ reply: { text: body.reply.text } }));
  closeDialog(sure);
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
  closeDialog(the("menu"));
  openDialog(sure);
});
the("sure-no").addEventListener("click", () => closeDialog(sure));
the("sure-yes").addEventListener("click", tryToForget);

// ---- beginning

async function offerTopics(wait = RETRY_TOPICS_MS) {
  const start = await fetch("/api/start").then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  if (starters.childElementCount) return;
  if (!start || !Array.isArray(start.choices)) {
    setTimeout(offerTopics, wait, wait * 2);
    return;
  }
  the("retention").textContent = start.retention_days;
  starters.replaceChildren(chips(start.choices.filter(isChoice), sendChoice));
  tidy();
}

the("scriptless").remove();
form.hidden = the("topics").hidden = the("more").hidden = false;
if (framed) {
  document.documentElement.classList.add("framed");
  the("fold").hidden = false;
  the("fold").addEventListener("click", () => tellFrame("fold"));
}
the("topics").addEventListener("click", (event) => sendChoice(MENU, event));
the("more").addEventListener("click", () => menu().then(({ openMenu }) => openMenu(talk), () => { count.textContent = NO_MENU; }));
addEventListener("beforeprint", () => { the("printed").textContent = day(); });
document.documentElement.dataset.size = restoredSize();
leaveFast(talk);
dictate(the("speak"), words, (text) => { count.textContent = text; }, measure);
for (const entry of talk.entries) {
  if (entry.state === "waiting") Object.assign(entry, { state: "failed", problem: RELOADED, final: false });
  show(entry);
}
tidy();
words.value = restoredDraft();
fit();
measure();
if (talk.entries.length) scrollToEnd("auto");
if (matchMedia("(pointer: fine)").matches) words.focus({ preventScroll: true });
addEventListener("online", retry);
offerTopics();
