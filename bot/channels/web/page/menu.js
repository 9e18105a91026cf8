// Behind “更多”, loaded when it is first wanted: the size of type, and the talk as a clean sheet: printed, as a file, or copied.

import { textOf } from "./card.js";
import { copy } from "./copy.js";
import { closeDialog, day, element, openDialog } from "./element.js";
import { fit } from "./room.js";
import { keepSize } from "./tab.js";

const the = (id) => document.getElementById(id);
const [menu, said, sizes] = ["menu", "menu-said", "sizes"].map(the);
let talk = { entries: [] };

function mark() {
  const { size = "" } = document.documentElement.dataset;
  for (const each of sizes.children) each.setAttribute("aria-pressed", String(each.dataset.size === size));
}

// The talk as plain text.
function sheet() {
  const lines = talk.entries.map((entry) => (entry.who === "me" ? `您：${entry.text}` : `有数：\n${textOf(entry)}`));
  const head = `有数 · 对话记录 · ${day()}\n程序自动回答，不能代替律师。法律和政策会变，用之前请再核对一次。`;
  return [head, ...lines].join("\n\n――――\n\n") + "\n";
}

function save() {
  const url = URL.createObjectURL(new Blob([sheet()], { type: "text/plain;charset=utf-8" }));
  element("a", { href: url, download: `有数对话 ${new Date().toISOString().slice(0, 10)}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  said.textContent = "已交给浏览器保存。没看到文件，就用“复制全部”。";
}

export function openMenu(current) {
  talk = current;
  said.textContent = "";
  for (const each of ["print", "save", "copy-all"]) the(each).disabled = !talk.entries.length;
  mark();
  openDialog(menu);
}

for (const each of sizes.children) {
  each.addEventListener("click", () => {
    keepSize(each.dataset.size);
    document.documentElement.dataset.size = each.dataset.size;
    mark();
    fit();
  });
}
the("menu-close").addEventListener("click", () => closeDialog(menu));
the("print").addEventListener("click", () => {
  closeDialog(menu);
  print();
});
the("save").addEventListener("click", save);
the("copy-all").addEventListener("click", async () => {
  said.textContent = (await copy(sheet())) ? "已复制，可以粘贴到别处。" : "这里复制不了，请长按对话里的文字复制。";
});
