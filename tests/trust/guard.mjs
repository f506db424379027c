// A guard of docs/threat-model.md under attack: a step of a story, named by the guard's number. With numbers as the
// program's arguments only those are attacked, which is how mutate/run.mjs asks for one.
import { step } from "../peers/lib/harness.mjs";

const wanted = process.argv.slice(2);

/** Whether any of these guards is attacked now: what only they need may be left out otherwise. */
export const selected = (...numbers) => wanted.length === 0 || numbers.some((number) => wanted.includes(number));

/** `attack` must fail when the guard is gone. */
export async function guard(number, name, attack) {
  if (selected(number)) await step(`${number}: ${name}`, attack);
}
