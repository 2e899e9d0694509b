// TAP, and what was expected of an answer

import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

const tally = { passed: 0, failed: 0 };

// One line, and what is wrong below it
export function report(name, problem) {
  tally[problem ? "failed" : "passed"]++;
  console.log(`${problem ? "not ok" : "ok"} ${tally.passed + tally.failed} - ${name}`);
  if (problem) console.log(`# ${String(problem).slice(0, 1000).replaceAll("\n", "\n# ")}`);
}

function agrees(actual, expected) {
  if (expected instanceof RegExp) return typeof actual === "string" && expected.test(actual);
  if (typeof expected === "function") return Boolean(expected(actual));
  if (typeof expected === "object" && expected !== null && !Array.isArray(expected))
    return Object.entries(expected).every(([name, value]) => agrees(actual?.[name], value));
  return isDeepStrictEqual(actual, expected);
}

// expected: a value, a pattern, a condition, or an object of these, which says nothing about other members
export function check(name, actual, expected) {
  report(name, agrees(actual, expected) ? null : `got ${JSON.stringify(actual)}`);
}

// Once read() gives what is expected, or for ten seconds has not
export async function checkSoon(name, read, expected) {
  let actual = await read();
  for (const start = Date.now(); !agrees(actual, expected) && Date.now() - start < 10_000; actual = await read()) await sleep(20);
  check(name, actual, expected);
}

export function bailOut(error) {
  tally.failed++;
  console.log(`Bail out! ${error.stack}`);
}

export function finish() {
  console.log(`1..${tally.passed + tally.failed}`);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed === 0 ? 0 : 1;
}
