// The live stream of an account's counts.

import { Problem } from "./api.js";

const SILENCE_MS = 15_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const LONGEST_MESSAGE = 1_000_000;
/** A look at another tab is no reason to begin anew. */
const UNSEEN_MS = 5_000;

/** Whether the page is left, and may be come back to. */
let isLeft = false;
window.addEventListener("pagehide", () => { isLeft = true; });
window.addEventListener("pageshow", () => { isLeft = false; });
const isSeen = () => !document.hidden && !isLeft;

/**
 * Follows the live stream of `params` until `signal` aborts, and comes back after every break. While nobody looks there is none: a
 * browser has six connections to a server for all its tabs, and a stream takes one for itself. Ends by itself only when the key is
 * refused.
 */
export async function follow(api, params, onMessage, onState, signal) {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    await seen(signal);
    const unseen = unseenAfter(signal);
    try {
      onState("wait");
      await read(api, params, (message) => {
        pause = FIRST_PAUSE_MS;
        onState("live");
        onMessage(message);
      }, AbortSignal.any([signal, unseen.signal]));
    } catch (error) {
      if (signal.aborted) return;
      if (error.needsKey) throw error;
    }
    const isUnseen = unseen.signal.aborted;
    unseen.abort();
    if (isUnseen) continue;
    onState("wait");
    await sleep(pause * (0.5 + Math.random() / 2), signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

async function read(api, params, onMessage, signal) {
  const silence = new AbortController();
  let alarm;
  const heard = () => {
    clearTimeout(alarm);
    alarm = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  heard();
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    const response = await api.open("GET", "/v1/live", { params, accept: "text/event-stream", signal: either });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const messages = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = messages.pop();
      if (rest.length > LONGEST_MESSAGE) throw new Problem(0, "The live stream is broken");
      messages.map(dataOf).filter(Boolean).forEach(onMessage);
    }
  } finally {
    clearTimeout(alarm);
  }
}

/** Waits until somebody looks. */
function seen(signal) {
  return new Promise((resolve) => {
    const listening = new AbortController();
    const look = () => {
      if (!isSeen() && !signal.aborted) return;
      listening.abort();
      resolve();
    };
    const until = { signal: listening.signal };
    document.addEventListener("visibilitychange", look, until);
    window.addEventListener("pageshow", look, until);
    signal.addEventListener("abort", look, until);
    look();
  });
}

/** What aborts when the page is left, or has not been looked at for a while. */
function unseenAfter(signal) {
  const unseen = new AbortController();
  const until = { signal: AbortSignal.any([signal, unseen.signal]) };
  let timer;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => unseen.abort(), UNSEEN_MS);
  };
  document.addEventListener("visibilitychange", look, until);
  window.addEventListener("pagehide", () => unseen.abort(), until);
  look();
  return unseen;
}

function dataOf(message) {
  const lines = message.split("\n").filter((line) => line.startsWith("data:"));
  if (lines.length === 0) return null;
  return JSON.parse(lines.map((line) => line.slice(5).trimStart()).join("\n"));
}

function sleep(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
