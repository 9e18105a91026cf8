// From the plain text of a reply to elements. Only text nodes are made of what the server says, never HTML.

import { copyButton } from "./copy.js";
import { element } from "./element.js";

const TITLE = /^【(.+)】$/;
const BULLET = /^·\s*/;
const NUMBER = /^\d{1,2}[.、]\s*/;
const HEADED = /^([^\s，。；：？！“”（）()、]{2,8})：([^]+)$/;
const WORDS_TO_SAY = new Set(["话术", "可以这样说"]);
const LINK = /https?:\/\/[^\s，。；）》”]+/g;
// Hotlines and banks' numbers (110, 12356, 96110, 95588, 400-…), unless they stand for an amount, a span or an article.
const PHONE = /(^|[^\d.\-第〔A-Za-z/])(1(?:10|19|20|22)|123\d\d|96110|95\d{3}|400[- ]?\d{3}[- ]?\d{4})(?![\d.%—–]|[- ]\d|\s?(?:元|块|万|千|百|亿|％|天|日|个|年|期|条|号|字|分|次|月|笔|人|倍|毫|角|周|小时|件|份|页))/g;
const URGENT = { "110": "报警", "120": "急救", "12356": "心理援助" };

function callLink(number, ...children) {
  return element("a", { href: "tel:" + number.replace(/[- ]/g, "") }, ...(children.length ? children : [number]));
}

// Text with its telephone numbers and addresses as links.
function inline(text) {
  const nodes = [];
  let at = 0;
  const found = [
    ...[...text.matchAll(LINK)].map((m) => ({ from: m.index, text: m[0], web: true })),
    ...[...text.matchAll(PHONE)].map((m) => ({ from: m.index + m[1].length, text: m[2], web: false })),
  ].sort((a, b) => a.from - b.from);
  for (const link of found) {
    if (link.from < at) continue;
    nodes.push(text.slice(at, link.from));
    nodes.push(link.web
      ? element("a", { href: link.text, rel: "noopener noreferrer", target: "_blank" }, link.text)
      : callLink(link.text));
    at = link.from + link.text.length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

function paragraph(lines) {
  const made = element("p", {});
  lines.forEach((line, number) => {
    if (number) made.append(document.createElement("br"));
    made.append(...inline(line));
  });
  return made;
}

function list(lines, mark) {
  const ordered = mark === NUMBER;
  const made = element(ordered ? "ol" : "ul", {});
  if (ordered) made.start = parseInt(lines[0], 10);
  for (const line of lines) made.append(element("li", {}, ...inline(line.replace(mark, ""))));
  return made;
}

function toSay(text, copied) {
  const quote = element("blockquote", {}, ...inline(text));
  return [quote, copyButton("复制这段话", text, () => quote, copied)];
}

// Lines that all begin with the same mark are a list.
function listed(lines) {
  return [BULLET, NUMBER].find((mark) => lines.length && lines.every((line) => mark.test(line)));
}

function block(text, copied) {
  const lines = text.split("\n");
  const whole = listed(lines);
  if (whole) return [list(lines, whole)];
  const rest = listed(lines.slice(1));
  if (rest) return [element("h3", {}, lines[0].replace(/：$/, "")), list(lines.slice(1), rest)];
  const headed = text.match(HEADED);
  if (!headed) return [paragraph(lines)];
  const [, heading, said] = headed;
  const body = WORDS_TO_SAY.has(heading) ? toSay(said, copied) : [paragraph(said.split("\n"))];
  return [element("h3", {}, heading), ...body];
}

// The elements of a whole reply; `copied` is told what to announce when something was copied.
export function reply(text, copied) {
  const made = [];
  for (const part of text.replace(/\r\n?/g, "\n").split(/\n{2,}/)) {
    const lines = part.split("\n").filter((line) => line.trim());
    if (!lines.length) continue;
    const title = lines[0].match(TITLE);
    if (title) {
      made.push(element("h2", {}, title[1]));
      lines.shift();
    }
    if (lines.length) made.push(...block(lines.join("\n"), copied));
  }
  return made;
}

// Large buttons for the emergency numbers that a reply names.
export function calls(text) {
  const numbers = new Set([...text.matchAll(PHONE)].map((m) => m[2]).filter((number) => number in URGENT));
  if (!numbers.size) return null;
  const made = element("div", { className: "calls" });
  for (const number of numbers) {
    made.append(callLink(number, element("b", {}, number), element("span", {}, URGENT[number])));
  }
  return made;
}

// The same buttons where no reply could be had.
export function hotlines() {
  return calls("110、120、12356");
}
