// A thousand payloads each way, a thousand broken tokens, and webhooks: this extension and other people's libraries agree.

import { isDeepStrictEqual } from "node:util";
import { Random, breakToken, randomPayload, randomSecret } from "./cases.js";
import * as database from "./database.js";
import { EXPIRES_IN, signers, verifiers, versions } from "./peers.js";
import { report, run, seed } from "./report.js";
import { SECRET, carelesslySigned, lenientlyAccepted } from "./strictness.js";
import { testWebhooks } from "./webhooks.js";

const COUNT = 1000;

const random = new Random(seed);
const startedAt = Math.floor(Date.now() / 1000);

// True for the payload that was signed, with its times
function isSigned(actual, payload) {
  const iat = payload.iat ?? actual?.iat;
  return isDeepStrictEqual(actual, { ...payload, iat, exp: iat + EXPIRES_IN }) &&
    (payload.iat !== undefined || (iat >= startedAt && iat <= Date.now() / 1000));
}

function notAccepted({ payload, outcome }) {
  if (outcome.error !== undefined) return "refused";
  return isSigned(outcome.payload, payload) ? null : "another payload";
}

function notVerified({ payload, outcome }) {
  if (outcome.status !== "valid") return "inspect does not find it valid";
  if (outcome.error !== undefined) return "refused";
  const different = ["inspected", "verified", "decoded"].filter((name) => !isSigned(outcome[name], payload));
  return different.length === 0 ? null : `another payload ${different.join(", ")}`;
}

const notRefused = ({ outcome }) => (outcome.error === undefined ? "accepted" : null);

// Refused for the right reason: whoever changes a character makes no token that is merely expired.
const SQLSTATES = { malformed: "22P02", bad_signature: "28V01" };
const notJudged = ({ outcome }) =>
  outcome.error !== undefined && outcome.error === SQLSTATES[outcome.status] ? null : "accepted, or another error";

const makeCases = (fit) =>
  Array.from({ length: COUNT }, () => ({
    payload: fit(randomPayload(random, startedAt)),
    secret: randomSecret(random),
  }));

// Add the tokens to the cases. One that could not be signed gets none, so that whoever sees it refuses it.
const withTokens = (cases, outcomes) =>
  cases.map((one, index) => ({ ...one, token: outcomes[index].token ?? "", signing: outcomes[index].error }));

function testSigningInSql() {
  const cases = makeCases((payload) => payload);
  const signed = withTokens(cases, database.sign(cases));
  for (const [library, verify] of Object.entries(verifiers))
    report(`${COUNT} payloads signed in SQL are accepted by ${library}`, signed, verify(signed), notAccepted);
  return signed;
}

function testVerifyingInSql(library, { fit, sign }) {
  const cases = makeCases(fit);
  const signed = withTokens(cases, sign(cases));
  report(`${COUNT} payloads signed by ${library} are verified in SQL`, signed, database.judge(signed), notVerified);
  return signed;
}

// In turn from each of the signers
function testBrokenTokens(lists) {
  const cases = Array.from({ length: COUNT }, (_, index) => {
    const { token, secret } = lists[index % lists.length][index];
    return { whole: token, token: breakToken(random, token), secret };
  });
  const name = `${COUNT} tokens with one character changed are refused`;
  report(`${name} in SQL`, cases, database.judge(cases), notJudged);
  for (const [library, verify] of Object.entries(verifiers))
    report(`${name} by ${library}`, cases, verify(cases), notRefused);
}

const acceptedBy = (token) =>
  ["jsonwebtoken", "server-sdk"].filter(
    (library) => verifiers[library]([{ token, secret: SECRET }])[0].error === undefined,
  );

const notAsInReadme = ({ status, libraries, outcome }) =>
  outcome.status === status && isDeepStrictEqual(outcome.libraries, libraries) ? null : "not as docs/internals.md says";

function testLenientVerifiers() {
  for (const [what, token, status, libraries] of lenientlyAccepted()) {
    const cases = [{ token, secret: SECRET, status, libraries }];
    const outcomes = [{ ...database.judge(cases)[0], libraries: acceptedBy(token) }];
    report(`${what}: refused in SQL, accepted by ${libraries.join(", ")}`, cases, outcomes, notAsInReadme);
  }
}

const onlyRefusedInSql = ({ outcome }) =>
  /^22023/.test(outcome.sql.error) && outcome.others.every(({ token }) => token !== undefined)
    ? null : "not as docs/internals.md says";

function testCarelessSigners() {
  for (const [what, payload] of carelesslySigned) {
    const cases = [{ payload, secret: SECRET }];
    const others = Object.values(signers).map(({ sign }) => sign(cases)[0]);
    report(`${what}: signed by all but SQL`, cases, [{ sql: database.sign(cases)[0], others }], onlyRefusedInSql);
  }
}

function main() {
  console.log(`# ${versions()}`);
  const lists = [
    testSigningInSql(),
    ...Object.entries(signers).map(([library, signer]) => testVerifyingInSql(library, signer)),
  ];
  testBrokenTokens(lists);
  testLenientVerifiers();
  testCarelessSigners();
  testWebhooks(random);
}

run(main);
