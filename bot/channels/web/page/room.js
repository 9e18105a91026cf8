// The room between header and footer: what is scrolled into it, and how it is kept where windows are small or type is large.

const NEAR_PX = 96;
const SHORT_REM = 36;
const NARROW_REM = 18;
const KEYBOARD_PX = 60;
const GAP_PX = 12;
const HANDLED_MS = 2000;
const SCROLL_KEYS = ["PageUp", "ArrowUp", "Home", " "];

const page = document.documentElement;
const [header, footer] = ["header", "footer"].map((name) => document.querySelector(name));
const latest = document.getElementById("latest");

let following = true;
let unseen = null;
let lastTop = 0;
let handledAt = -Infinity;

const pace = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
const end = () => page.scrollHeight - innerHeight;

function scrollToTop(element, behavior) {
  const top = element.getBoundingClientRect().top - header.getBoundingClientRect().bottom - GAP_PX;
  scrollTo({ top: Math.max(0, scrollY + top - lowered(element, top)), behavior });
}

// By how much less to scroll than `top`, so that a row of buttons half under the footer is all of it below.
function lowered(element, top) {
  const edge = footer.getBoundingClientRect().top + top;
  const rows = [...element.querySelectorAll(".choices button, .choices summary")].map((each) => each.getBoundingClientRect());
  const half = rows.find((row) => row.top < edge && edge < row.bottom);
  return half ? edge - half.top + 1 : 0;
}

export function scrollToEnd(behavior = pace()) {
  following = true;
  scrollTo({ top: page.scrollHeight, behavior });
}

// Question and reply together where both fit; else the reply from its start. Whoever reads further up is left there.
export function scrollToReply(question, reply) {
  if (!following) {
    unseen = reply;
    offerLatest();
    return;
  }
  const space = footer.getBoundingClientRect().top - header.getBoundingClientRect().bottom - 2 * GAP_PX;
  const needed = reply.getBoundingClientRect().bottom - question.getBoundingClientRect().top;
  if (needed <= space) scrollToEnd();
  else scrollToTop(reply, pace());
}

// What was opened, with its heading.
export function scrollToOpened(part) {
  part.scrollIntoView({ block: "nearest", behavior: pace() });
}

function offerLatest() {
  latest.textContent = unseen ? "有新回复" : "回到最新";
  latest.hidden = !unseen && (following || end() - scrollY < innerHeight);
}

// The page also moves by itself, when what stands above gets shorter: only a hand on it means that somebody reads elsewhere.
function handled(event) {
  if (event.type === "pointerdown" ? event.target === page : !event.key || SCROLL_KEYS.includes(event.key)) {
    handledAt = event.timeStamp;
  }
}
for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) addEventListener(kind, handled, { passive: true });

addEventListener("scroll", (event) => {
  if (end() - scrollY < NEAR_PX) following = true;
  else if (scrollY < lastTop && event.timeStamp - handledAt < HANDLED_MS) following = false;
  lastTop = scrollY;
  if (unseen && unseen.getBoundingClientRect().top < innerHeight * 0.8) unseen = null;
  offerLatest();
}, { passive: true });

latest.addEventListener("click", () => {
  if (unseen) scrollToTop(unseen, pace());
  else scrollToEnd();
  following = true;
  unseen = null;
  latest.hidden = true;
});

// Measured in the person's own type size, so that zoom, large type and an open keyboard are one and the same. On iOS the
// keyboard covers the page instead of making it smaller.
export function fit() {
  const rem = parseFloat(getComputedStyle(page).fontSize);
  const view = window.visualViewport;
  const seen = view && view.scale < 1.05 ? view : { height: innerHeight, offsetTop: 0 };
  const covered = Math.max(0, innerHeight - seen.height - seen.offsetTop);
  page.classList.toggle("short", seen.height < SHORT_REM * rem);
  page.classList.toggle("narrow", innerWidth < NARROW_REM * rem);
  page.style.setProperty("--above", `${Math.max(0, seen.offsetTop)}px`);
  page.style.setProperty("--below", `${covered > KEYBOARD_PX ? covered : 0}px`);
  page.style.scrollPadding = `${header.offsetHeight + GAP_PX}px 0 ${footer.offsetHeight + GAP_PX}px`;
}

addEventListener("resize", fit);
if (window.visualViewport) {
  visualViewport.addEventListener("resize", fit);
  visualViewport.addEventListener("scroll", fit);
}
