// Waiting for events: every wait has a deadline, and says what it waited for when that passes.

export const delay = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks `probe` until it answers something true, which is returned. What it throws counts as "not yet". */
export async function until(what, seconds, probe) {
  const deadline = performance.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      last = undefined;
      const value = await probe();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline)
      throw new Error(`not within ${seconds} s: ${what}${last ? ` (last: ${last.message})` : ""}`, { cause: last });
    await delay(40);
  }
}
