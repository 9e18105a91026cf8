// One message to the server and its answer; one at a time, so that the server sees what a person does in its order.

const WAIT_MS = 20000;
const TEXTS = { 429: "发得太快了，请稍等一下再试。" };
const FOR_GOOD = [400, 413];

export const FORGET = "删除我的数据";

// What went wrong, in words for the person.
export class Failure extends Error {
  // away: the server was not reached; final: trying the same again is no use.
  constructor(message, { away = false, final = false } = {}) {
    super(message);
    this.away = away;
    this.final = final;
  }
}

const AWAY = () => new Failure("连不上，没发出去。消息没有丢，还在这里。", { away: true });

let last = Promise.resolve();

// The answer's body, after those asked for before; throws Failure.
export function post(session, said) {
  const answer = last.then(() => ask(session, said));
  last = answer.catch(() => undefined);
  return answer;
}

async function ask(session, said) {
  let answer;
  try {
    answer = await fetch("/api/messages", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ session, ...said }),
      signal: AbortSignal.timeout ? AbortSignal.timeout(WAIT_MS) : undefined,
    });
  } catch {
    throw AWAY();
  }
  const body = (await answer.json().catch(() => null)) || {};
  if (answer.ok && body.reply && typeof body.reply.text === "string") return body;
  if (answer.ok) throw new Failure("收到的回答不完整，请再试一次。");
  const text = typeof body.error === "string" ? body.error : TEXTS[answer.status];
  if (!text) throw AWAY();
  throw new Failure(text, { final: FOR_GOOD.includes(answer.status) });
}

// Forget the session even though the page goes away now.
export function forgetOnLeaving(session) {
  const body = JSON.stringify({ session, text: FORGET });
  navigator.sendBeacon("/api/messages", new Blob([body], { type: "application/json" }));
}
