// Making elements; never from HTML.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    // role and aria-* are not properties everywhere yet.
    if (name === "role" || name.startsWith("aria-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

// A button that can rest and yet keeps its place in the keyboard's order.
export function pressable(label, press) {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", (event) => {
    if (made.getAttribute("aria-disabled") !== "true") press(event);
  });
  return made;
}

export function rest(buttons, resting) {
  for (const each of buttons) each.setAttribute("aria-disabled", String(resting));
}

// Browsers before 2022 have no modal dialogs; there it stands in the page.
export function openDialog(dialog) {
  if (dialog.showModal) dialog.showModal();
  else dialog.setAttribute("open", "");
}

export function closeDialog(dialog) {
  if (dialog.close) dialog.close();
  else dialog.removeAttribute("open");
}

export const day = () => new Date().toLocaleString("zh-CN", { dateStyle: "long", timeStyle: "short" });
