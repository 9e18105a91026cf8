// Behind “更多”: the size of type, and the talk as a clean sheet: printed, as a file, or copied.

import { textOf } from "./card.js";
import { copy } from "./copy.js";
import { element } from "./element.js";
import { fit } from "./room.js";
import { keepSize, restoredSize } from "./tab.js";

const the = (id) => document.getElementById(id);
const [menu, said] = [the("menu"), the("menu-said")];
const day = (at) => new Date(at).toLocaleString("zh-CN", { dateStyle: "long", timeStyle: "short" });

// Browsers before 2022 have no modal dialogs; there it stands in the page.
export function open(dialog) {
  if (dialog.showModal) dialog.showModal();
  else dialog.setAttribute("open", "");
}

export function close(dialog) {
  if (dialog.close) dialog.close();
  else dialog.removeAttribute("open");
}

function resize(size) {
  document.documentElement.dataset.size = size;
  for (const each of the("sizes").children) each.setAttribute("aria-pressed", String(each.dataset.size === size));
  fit();
}

// The talk as plain text.
function sheet(talk) {
  const lines = talk.entries.map((entry) => (entry.who === "me" ? `您：${entry.text}` : `有数：\n${textOf(entry)}`));
  const head = `有数 · 对话记录 · ${day(Date.now())}\n程序自动回答，不能代替律师。法律和政策会变，用之前请再核对一次。`;
  return [head, ...lines].join("\n\n――――\n\n") + "\n";
}

function save(talk) {
  const url = URL.createObjectURL(new Blob([sheet(talk)], { type: "text/plain;charset=utf-8" }));
  element("a", { href: url, download: `有数对话 ${new Date().toISOString().slice(0, 10)}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  said.textContent = "已交给浏览器保存。没看到文件，就用“复制全部”。";
}

export function startMenu(talk) {
  resize(["large", "huge"].includes(restoredSize()) ? restoredSize() : "");
  the("more").addEventListener("click", () => {
    said.textContent = "";
    for (const each of ["print", "save", "copy-all"]) the(each).disabled = !talk.entries.length;
    open(menu);
  });
  the("menu-close").addEventListener("click", () => close(menu));
  for (const each of the("sizes").children) {
    each.addEventListener("click", () => {
      keepSize(each.dataset.size);
      resize(each.dataset.size);
    });
  }
  the("print").addEventListener("click", () => {
    close(menu);
    print();
  });
  the("save").addEventListener("click", () => save(talk));
  the("copy-all").addEventListener("click", async () => {
    said.textContent = (await copy(sheet(talk))) ? "已复制，可以粘贴到别处。" : "这里复制不了，请长按对话里的文字复制。";
  });
  addEventListener("beforeprint", () => { the("printed").textContent = day(Date.now()); });
}
