// What is kept of the talk, and where: in this tab's sessionStorage and in memory, so that a reload keeps it and closing
// the tab ends it. Nothing goes to localStorage, cookies or a database.

const TALK = "youshu";
const DRAFT = "youshu-draft";
const KEPT_ENTRIES = 200;

export function restoredTalk() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(TALK));
    if (kept && typeof kept.session === "string" && Array.isArray(kept.entries)) return kept;
  } catch { /* blocked or unreadable: a new talk */ }
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return { session: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""), entries: [] };
}

export function restoredDraft() {
  try {
    return sessionStorage.getItem(DRAFT) || "";
  } catch {
    return "";
  }
}

export function keepTalk(talk) {
  keep(TALK, JSON.stringify({ session: talk.session, entries: talk.entries.slice(-KEPT_ENTRIES) }));
}

export function keepDraft(text) {
  keep(DRAFT, text);
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
