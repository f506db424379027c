// The gateway's clock: seconds that it adds to the true time (gateway/clock.h, lab mode only).
import fs from "node:fs";

export class Clock {
  seconds = 0;

  constructor(folder) {
    this.path = folder.join("clock");
    this.write();
  }

  advance(seconds) {
    this.seconds += seconds;
    this.write();
  }

  /** What the gateway takes for now. */
  now() {
    return new Date(Date.now() + this.seconds * 1000);
  }

  write() {
    fs.writeFileSync(`${this.path}.new`, `${this.seconds}\n`);
    fs.renameSync(`${this.path}.new`, this.path);
  }
}
