// The report, which is TAP, of tests that are lists of cases. SEED makes the cases; a run says it, so that it can be repeated.

export const seed = Number(process.env.SEED);

const SHOWN_FAILURES = 3;
const SHOWN_CHARACTERS = 2000;

const tally = { passed: 0, failed: 0 };

// JSON in ASCII: control characters would upset a terminal. Bytes are shown as Latin-1.
const show = (value) =>
  String(JSON.stringify(Buffer.isBuffer(value) ? value.toString("latin1") : value)).slice(0, SHOWN_CHARACTERS)
    .replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

// One line of TAP. problem: what is wrong with an outcome of a case, or null
export function report(name, cases, outcomes, problem) {
  const failures = cases
    .map((one, index) => ({ index, ...one, outcome: outcomes[index] }))
    .map((one) => ({ problem: problem(one), ...one }))
    .filter((one) => one.problem !== null);

  tally[failures.length === 0 ? "passed" : "failed"]++;
  console.log(`${failures.length === 0 ? "ok" : "not ok"} ${tally.passed + tally.failed} - ${name}`);
  if (failures.length > 0) console.log(`# ${failures.length} of ${cases.length} failed with SEED=${seed}`);
  for (const failure of failures.slice(0, SHOWN_FAILURES))
    for (const [key, value] of Object.entries(failure))
      if (value !== undefined) console.log(`#   ${key}: ${show(value)}`);
}

// Run the tests, and end the report; an error ends them all
export function run(tests) {
  try {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
      throw new Error("SEED must be an integer from 0 to 2^32-1");
    tests();
    console.log(`1..${tally.passed + tally.failed}`);
  } catch (error) {
    tally.failed++;
    console.log(`Bail out! ${error.message}`);
  }
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed === 0 ? 0 : 1;
}
