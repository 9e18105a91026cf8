// The chat as a bubble on a partner's page, by one line there: <script src="https://…/embed.js" async></script>
// Nothing of that page is read or styled; all of ours stands in a shadow root, styled without a style sheet, so that a strict
// Content-Security-Policy there needs to allow no more than this script and this frame.

(() => {
  const home = new URL(document.currentScript.src).origin;
  const NARROW = matchMedia("(max-width: 30rem), (max-height: 34rem)");
  const LOOKS = {
    button: {
      position: "fixed", right: "max(16px, env(safe-area-inset-right))", bottom: "max(16px, env(safe-area-inset-bottom))", zIndex: "2147483000",
      minWidth: "3.5rem", minHeight: "3.5rem", padding: "0 1.125rem", border: "2px solid #ffffff", borderRadius: "99rem",
      background: "#1f6b5e", color: "#ffffff", font: "600 1rem/1.3 system-ui, sans-serif", cursor: "pointer",
      boxShadow: "0 4px 16px rgb(0 0 0 / 25%)",
    },
    frame: {
      position: "fixed", zIndex: "2147483001", border: "0", background: "#faf6f0", colorScheme: "light dark",
      boxShadow: "0 8px 32px rgb(0 0 0 / 30%)",
    },
    wide: { inset: "auto 16px 84px auto", width: "25rem", maxWidth: "calc(100vw - 32px)", height: "min(42rem, calc(100vh - 108px))", borderRadius: "1rem" },
    full: { inset: "0", width: "100%", maxWidth: "none", height: "100%", borderRadius: "0" },
  };

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  let frame = null;

  function place() {
    if (frame) Object.assign(frame.style, NARROW.matches ? LOOKS.full : LOOKS.wide);
  }

  function show(open) {
    if (open && !frame) {
      frame = document.createElement("iframe");
      Object.assign(frame, { title: "有数：欠款逾期问答", src: `${home}/`, allow: "clipboard-write" });
      Object.assign(frame.style, LOOKS.frame);
      root.append(frame);
      place();
    }
    frame.style.display = open ? "block" : "none";
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "收起" : "欠款逾期？问一问";
    if (open) frame.focus();
    else button.focus();
  }

  // Only our own frame is listened to, and it says only two things.
  function heard(event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== home) return;
    if (event.data === "youshu:fold") show(false);
    if (event.data === "youshu:leave") location.replace("https://www.baidu.com/");
  }

  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.textContent = "欠款逾期？问一问";
  Object.assign(button.style, LOOKS.button);
  button.addEventListener("click", () => show(!frame || frame.style.display === "none"));
  addEventListener("message", heard);
  NARROW.addEventListener("change", place);
  root.append(button);
  document.body.append(host);
})();
