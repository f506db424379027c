// A test is a story of named steps. The first that fails ends it; what must be tidied up is, always.

const atTheEnd = [];
let count = 0;

/** `action(failed)` runs when the story is over; the last one registered first. */
export const atEnd = (action) => atTheEnd.unshift(action);

/** Runs one step and prints its name with its time; hands back what the action answers. */
export async function step(name, action) {
  const began = performance.now();
  count++;
  try {
    const value = await action();
    console.log(`  ok   ${seconds(began)}  ${name}`);
    return value;
  } catch (error) {
    console.log(`  FAIL ${seconds(began)}  ${name}`);
    throw error;
  }
}

const seconds = (began) => `${((performance.now() - began) / 1000).toFixed(2).padStart(6)} s`;

/** The whole program: tells the story, tidies up, exits 0 or 1. */
export async function story(title, tell) {
  const began = performance.now();
  let failed = false;
  console.log(title);
  const attempt = async (action) => {
    try {
      await action();
    } catch (error) {
      failed = true;
      console.log(indent(`${error.stack ?? error}${error.cause ? `\ncaused by ${error.cause.stack ?? error.cause}` : ""}`));
    }
  };
  await attempt(tell);
  for (const action of atTheEnd) await attempt(() => action(failed));
  console.log(`${failed ? "FAILED" : "passed"}: ${count} steps in ${seconds(began).trim()}`);
  process.exit(failed ? 1 : 0);
}

const indent = (text) => text.replace(/^/gm, "    ");
