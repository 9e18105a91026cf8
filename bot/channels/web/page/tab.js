// What is kept of the talk, and where: in this tab's sessionStorage and in memory, so that a reload keeps it and closing
// the tab ends it. Nothing goes to localStorage, cookies or a database.

const TALK = "youshu";
const DRAFT = "youshu-draft";
const SIZE = "youshu-size";
const KEPT_ENTRIES = 200;
const STATES = ["waiting", "sent", "failed"];

const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export const isChoice = (each) => isObject(each) && isText(each.label) && isText(each.value);
export const isFile = (each) => isObject(each) && isText(each.name) && isText(each.url);

const list = (value, fits) => (Array.isArray(value) ? value.filter(fits) : []);

// A reply as it is kept; whatever is missing or odd in it is left out.
export function botEntry({ text, intent, decision, choices, files, parts, opened, vote, at }) {
  const known = Object.fromEntries(Object.entries(isObject(parts) ? parts : {}).filter(([, each]) => isText(each)));
  return {
    who: "bot",
    text,
    intent: isText(intent) ? intent : null,
    decision: isText(decision) ? decision : "answer",
    choices: list(choices, isChoice),
    files: list(files, isFile),
    parts: known,
    opened: list(opened, (each) => isText(each) && each in known),
    vote: isObject(vote)
      ? { value: isText(vote.value) ? vote.value : "", text: isText(vote.text) ? vote.text : "", choices: list(vote.choices, isChoice) }
      : { value: "", text: "", choices: [] },
    at: Number.isFinite(at) ? at : Date.now(),
  };
}

// What one message keeps however often it is sent, so that a further try gets the answer of the first.
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function ownEntry({ text, said, state, problem, final, at }) {
  if (!isObject(said) || (!isText(said.text) && !isText(said.choice))) return null;
  return {
    who: "me",
    text,
    said: { ...(isText(said.text) ? { text: said.text } : { choice: said.choice }), ...(isText(said.id) ? { id: said.id } : {}) },
    state: STATES.includes(state) ? state : "sent",
    problem: isText(problem) ? problem : "",
    final: final === true,
    at: Number.isFinite(at) ? at : Date.now(),
  };
}

// What another version of the page kept is read as far as it can be.
function entry(kept) {
  if (!isObject(kept) || !isText(kept.text)) return null;
  return kept.who === "me" ? ownEntry(kept) : botEntry(kept);
}

export function restoredTalk() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(TALK));
    if (isObject(kept) && isText(kept.session) && kept.session) {
      return { session: kept.session, entries: list(kept.entries, isObject).map(entry).filter(Boolean) };
    }
  } catch { /* blocked or unreadable: a new talk */ }
  return { session: newId(), entries: [] };
}

export function keepTalk(talk) {
  keep(TALK, JSON.stringify({ session: talk.session, entries: talk.entries.slice(-KEPT_ENTRIES) }));
}

export const restoredDraft = () => kept(DRAFT);
export const keepDraft = (text) => keep(DRAFT, text);
export const restoredSize = () => kept(SIZE);
export const keepSize = (size) => keep(SIZE, size);

function kept(key) {
  try {
    return sessionStorage.getItem(key) || "";
  } catch {
    return "";
  }
}

function keep(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch { /* blocked or full: it lives in memory until the page goes */ }
}

export function dropAll() {
  try {
    sessionStorage.clear();
  } catch { /* nothing was kept */ }
}
