// Copying that works wherever the page is opened: by the clipboard, else by a selection, else by the person's own finger.

import { element } from "./element.js";

// Whether the text is on the clipboard now.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // plain http, WeChat, a permission refused
    return copySelected(text);
  }
}

function copySelected(text) {
  const before = document.activeElement;
  const box = element("textarea", { className: "unseen", value: text, readOnly: true });
  (document.querySelector("dialog[open]") || document.body).append(box); // what a dialog covers can't be selected
  box.select();
  let done = false;
  try {
    done = document.execCommand("copy");
  } catch { /* as if it said no */ }
  box.remove();
  if (before) before.focus({ preventScroll: true });
  return done;
}

// A button that copies a text; where that is impossible it selects what `shown` gives, to be copied by hand.
export function copyButton(label, text, shown, announce) {
  const button = element("button", { type: "button", className: "link" }, label);
  button.addEventListener("click", async () => {
    const done = await copy(typeof text === "function" ? text() : text);
    if (!done) getSelection().selectAllChildren(shown());
    button.textContent = done ? "已复制" : "已选中，长按或按 Ctrl+C 复制";
    announce(button.textContent);
  });
  return button;
}
