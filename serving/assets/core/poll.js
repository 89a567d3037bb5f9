// Doing something now and then again.

const AFTER_PROBLEM_MS = 5_000;

/**
 * Does `task` now and every `pause` (milliseconds, or a function that says how many) until `signal` aborts: one at a time, only while somebody looks, and sooner after a
 * problem. `task` says with `false` that there was one. Gives a function that does it at once.
 */
export function every(pause, task, signal) {
  const length = typeof pause === "function" ? pause : () => pause;
  let running = false;
  let again = false;
  let next = 0;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      const fine = await task();
      next = Date.now() + (fine === false ? Math.min(length(), AFTER_PROBLEM_MS) : length());
    } while (again && !signal.aborted);
    running = false;
  };
  const turn = () => {
    if (!running && !document.hidden && !signal.aborted && Date.now() >= next) run();
  };
  const timer = setInterval(turn, 1_000);
  document.addEventListener("visibilitychange", turn, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
  turn();
  return run;
}
