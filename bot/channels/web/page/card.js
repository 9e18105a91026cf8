// What one entry of the talk looks like.

import { copyButton } from "./copy.js";
import { element, pressable, rest } from "./element.js";
import { calls, hotlines, reply } from "./parse.js";
import { readButton } from "./voice.js";

const SILENT = "这条暂时没有回复，请过一分钟再试。";
const USEFUL = "这条有用吗？";
const TITLE = /^【(.+)】\n*/;

const kindOf = (choice) => choice.value.split(":")[0];
const isAnswer = (entry) => Boolean(entry.intent) && entry.intent !== "crisis" && entry.decision !== "clarify";

// An entry's text with the parts that are open, as it is copied, read aloud and saved.
export function textOf(entry) {
  return [entry.text, ...entry.opened.map((value) => entry.parts[value].replace(TITLE, ""))].join("\n\n");
}

export function chips(choices, send) {
  const row = element("div", { className: "kind" });
  for (const choice of choices) row.append(pressable(choice.label, (event) => send(choice, event)));
  return row;
}

function trouble(problem) {
  return [element("p", { className: "problem", role: "alert" }, problem), hotlines()];
}

function bodyOfPart(text, label, panel, announce) {
  const made = reply(text.replace(TITLE, ""), announce);
  if (made.length && made[0].localName === "h3" && made[0].textContent === label) made.shift();
  const words = made.some((each) => each.localName === "blockquote");
  return words ? made : [...made, copyButton(`复制${label}`, text.replace(TITLE, ""), () => panel, announce)];
}

// One part of an answer: its heading opens it, and asks the server for it the first time.
function part(entry, choice, actions) {
  const { label, value } = choice;
  const panel = element("div", { className: "panel" });
  const toggle = pressable(label, async () => {
    const open = !entry.opened.includes(value);
    let problem = null;
    if (open && !(value in entry.parts)) {
      rest([toggle], true);
      problem = await actions.open(entry, choice);
      rest([toggle], false);
    }
    entry.opened = entry.opened.filter((each) => each !== value).concat(open && value in entry.parts ? [value] : []);
    actions.keep();
    show(problem);
    if (open && !panel.hidden) actions.shown(row);
  });
  const row = element("div", { className: "part" }, element("h3", {}, toggle), panel);

  function show(problem) {
    const open = entry.opened.includes(value);
    if (problem) panel.replaceChildren(...trouble(problem));
    else if (open) panel.replaceChildren(...bodyOfPart(entry.parts[value], label, panel, actions.announce));
    panel.hidden = !open && !problem;
    toggle.setAttribute("aria-expanded", String(!panel.hidden));
  }

  show(null);
  return row;
}

// Whether the answer was of use: what was pressed stays pressed, and the thanks stand beside it.
function vote(entry, choices, actions) {
  const buttons = choices.map((choice) => pressable(choice.label, () => cast(choice)));
  const said = element("p", { className: "quiet" });
  const why = element("div", { className: "kind" });
  const asked = element("span", { "aria-hidden": "true" }, USEFUL);
  const row = element("div", { className: "kind" }, asked, ...buttons);

  async function cast(choice) {
    rest([...buttons, ...why.children], true);
    if (choices.includes(choice)) mark(choice.value);
    show(await actions.vote(entry, choice));
  }

  function mark(value) {
    choices.forEach((choice, at) => buttons[at].setAttribute("aria-pressed", String(choice.value === value)));
  }

  function show(problem) {
    mark(entry.vote.value);
    rest(buttons, Boolean(entry.vote.value));
    said.textContent = problem || entry.vote.text;
    said.classList.toggle("problem", Boolean(problem));
    why.replaceChildren(...entry.vote.choices.map((choice) => pressable(choice.label, () => cast(choice))));
  }

  show(null);
  // Read aloud by itself, a button has to say what it is about.
  const about = [(TITLE.exec(entry.text) || [])[1], USEFUL].filter(Boolean).join("：");
  return element("div", { className: "vote", role: "group", "aria-label": about }, row, said, why);
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

function bubble(entry, parts, actions) {
  const made = element("article", { className: "bubble from-bot", tabIndex: -1 });
  made.append(element("span", { className: "unseen" }, "有数："), ...reply(entry.text || SILENT, actions.announce));
  if (entry.intent === "crisis") {
    made.classList.add("crisis");
    const numbers = calls(entry.text);
    if (numbers) (made.querySelector("p") || made.lastElementChild).after(numbers);
  }
  if (entry.files.length) made.append(fileRow(entry.files));
  if (parts.length) made.append(element("div", { className: "parts" }, ...parts.map((each) => part(entry, each, actions))));
  if (isAnswer(entry)) {
    const copying = copyButton("复制", () => textOf(entry), () => made, actions.announce);
    made.append(element("p", { className: "tools" }, copying, readButton(() => textOf(entry))));
  }
  return made;
}

// A reply: the parts of an answer open in its card, related topics stand behind one word.
export function botTurn(entry, actions) {
  const of = (kind) => (isAnswer(entry) ? entry.choices.filter((choice) => kindOf(choice) === kind) : []);
  const [parts, votes] = [of("p"), of("v")];
  const related = parts.length ? of("i").filter((choice) => choice.value !== `i:${entry.intent}`) : [];
  const others = entry.choices.filter((choice) => ![...parts, ...votes, ...related].includes(choice));
  const rows = [];
  if (others.length) rows.push(chips(others, actions.send));
  if (votes.length) rows.push(vote(entry, votes, actions));
  if (related.length) {
    const more = element("details", { className: "related" }, element("summary", {}, "相关"), chips(related, actions.send));
    more.addEventListener("toggle", () => more.open && actions.shown(more));
    rows.push(more);
  }
  const turn = element("div", { className: "turn" }, bubble(entry, parts, actions));
  if (rows.length) turn.append(element("div", { className: "choices", role: "group", "aria-label": "可以点的回复" }, ...rows));
  return turn;
}

// What the person wrote or tapped; when it couldn't be sent, the numbers to call stand under it, without the server.
export function ownTurn(entry, actions) {
  const said = element("span", { className: "unseen" }, "您：");
  const turn = element("div", { className: "turn own" }, element("div", { className: "bubble from-me" }, said, entry.text));
  if (entry.state !== "failed") return turn;
  const again = element("button", { type: "button", className: "link" }, entry.final ? "改一改再发" : "重试");
  again.addEventListener("click", () => (entry.final ? actions.takeBack(entry) : actions.retry()));
  turn.append(element("p", { className: "problem", role: "alert" }, entry.problem + " ", again));
  turn.append(element("div", { className: "hotlines" }, element("p", {}, "等不及，就先打电话："), hotlines()));
  return turn;
}
