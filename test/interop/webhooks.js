// Webhooks: a thousand and more, signed by others, and as many that were changed. This extension and VideoSDK's server SDK accept and
// refuse the same ones, but for those that are named. SEED repeats bodies and changes; keys are new in each run.

import { isUtf8 } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import * as database from "./database.js";
import { verifyWebhooks } from "./peers.js";
import { report } from "./report.js";
import {
  badBodies, changeWebhook, goodBodies, isJson, isStrictBase64, keys, lenientBodies, makeKey, openssl, randomBody, signPss,
  signers,
} from "./webhook_cases.js";

// Signing is slow, and a process for each signature slower
const COUNTS = { "Node's crypto": 2000, openssl: 500 };
const CHANGES_OF_EACH = 2;

const sign = signers["Node's crypto"];

const makeWebhook = (body, key, signer = sign) => ({ body, signature: signer(body, key), publicKey: key.publicKey, key });

// What the SDK makes of an event
function asOfSdk(event) {
  const webhookType = event.webhookType ?? event.type;
  return { ...event, type: webhookType, webhookType, data: event.data ?? {} };
}

// Cases without their private keys, to be shown
const shown = (cases) => cases.map(({ key, ...rest }) => rest);

const bothOf = (cases) => {
  const inSql = database.verifyWebhooks(cases);
  return verifyWebhooks(cases).map((sdk, index) => ({ sql: inSql[index], sdk }));
};

function notBothAccepted({ outcome: { sql, sdk } }) {
  if (sql.error !== undefined) return "refused in SQL";
  if (sdk.error !== undefined) return "refused by the SDK";
  return isDeepStrictEqual(asOfSdk(sql.event), sdk.event) ? null : "another event";
}

// For the right reason: SQL says whether it is the body, the signature's form or the signature that is wrong.
function rightError({ body, signature }) {
  if (!isUtf8(body) || body.includes(0)) return "22021";
  return isJson(body) && isStrictBase64(signature) ? "28V01" : "22P02";
}

function notBothRefused({ outcome: { sql, sdk }, ...webhook }) {
  if (sdk.error === undefined) return "accepted by the SDK";
  return sql.error === rightError(webhook) ? null : "accepted in SQL, or another error";
}

const notAsNamed = ({ error, outcome: { sql, sdk } }) =>
  sql.error === error && (sdk.error === undefined) === (error !== undefined) ? null : "not as named";

function testGoodWebhooks(random, signer) {
  const webhooks = Array.from({ length: COUNTS[signer] }, () =>
    makeWebhook(randomBody(random), random.pick(keys), signers[signer]));
  report(`${COUNTS[signer]} webhooks signed by ${signer} are verified in SQL and by server-sdk`, shown(webhooks), bothOf(webhooks),
    notBothAccepted);
  return webhooks;
}

function testChangedWebhooks(random, webhooks) {
  const changed = webhooks.flatMap((webhook) =>
    Array.from({ length: CHANGES_OF_EACH }, () => changeWebhook(random, webhook)));
  report(`${changed.length} webhooks with something changed are refused in SQL and by server-sdk`, shown(changed), bothOf(changed),
    notBothRefused);
}

function testNamedBodies() {
  for (const [what, body] of goodBodies) {
    const webhooks = keys.map((key) => makeWebhook(body, key));
    report(`a webhook, ${what}: verified in SQL and by server-sdk`, shown(webhooks), bothOf(webhooks), notBothAccepted);
  }
  for (const [what, body] of badBodies) {
    const webhooks = keys.map((key) => makeWebhook(body, key));
    report(`a webhook, ${what}: refused in SQL and by server-sdk`, shown(webhooks), bothOf(webhooks), ({ outcome: { sql, sdk } }) =>
      /^22(P02|021)$/.test(sql.error) && sdk.error !== undefined ? null : "accepted");
  }
}

// A last character that stands for the same bytes
function withTrailingBits(signature) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return signature.replace(/(.)(=+)$/, (_, last, padding) => alphabet[alphabet.indexOf(last) ^ 1] + padding);
}

// [ what, how a signature is spelt ]
const lenientSpellings = [
  ["in base64url", (signature) => Buffer.from(signature, "base64").toString("base64url")],
  ["without padding", (signature) => signature.replace(/=+$/, "")],
  ["with padding too much", (signature) => `${signature}=`],
  ["with trailing bits", withTrailingBits],
  ["with a blank in it", (signature) => signature.replace(/^..../, "$& ")],
  ["with a newline at the end", (signature) => `${signature}\n`],
  ["in lines", (signature) => signature.replace(/.{64}/g, "$&\n")],
  ["with what is not base64", (signature) => `"${signature}"`],
  ["with another one behind its padding", (signature) => `${signature}AAAA`],
];

function* lenientKeys(body) {
  const [rsa, , , other] = keys;
  const webhook = makeWebhook(body, rsa);
  const small = makeKey("rsa", { modulusLength: 1024 });
  const elliptic = makeKey("ec", { namedCurve: "P-256" });
  const pss = makeKey("rsa-pss", { modulusLength: 2048, hashAlgorithm: "sha256", mgf1HashAlgorithm: "sha256", saltLength: 32 });
  const certificate = openssl("req", "-x509", "-key", rsa.path, "-subj", "/CN=videosdk", "-days", "1").toString();
  yield ["an RSA key of 1024 bits", makeWebhook(body, small)];
  yield ["a private key", { ...webhook, publicKey: rsa.privatePem }];
  yield ["a certificate", { ...webhook, publicKey: certificate }];
  yield ["a key with text before it", { ...webhook, publicKey: `The key:\n${rsa.publicKey}` }];
  yield ["a key with the beginning of nothing behind it", { ...webhook, publicKey: `${rsa.publicKey}-----BEGIN NOTHING-----\n` }];
  yield ["an RSA-PSS key", makeWebhook(body, pss, signPss)];
  yield ["a key of an elliptic curve", makeWebhook(body, elliptic)];
  yield ["a certificate behind a key", { ...webhook, publicKey: other.publicKey + certificate, signature: sign(body, other) }];
}

function testNamedDifferences() {
  const body = goodBodies[0][1];
  // of 2048 bits, which leave bits to spare in the last character
  const webhook = makeWebhook(body, keys[0]);
  const lenient = [
    ...lenientBodies.map(([what, lenientBody, error]) => [what, { ...makeWebhook(lenientBody, keys[0]), error }]),
    ...lenientSpellings.map(([what, spell]) =>
      [`a signature ${what}`, { ...webhook, signature: spell(webhook.signature), error: "22P02" }]),
    ...Array.from(lenientKeys(body), ([what, one]) => [what, { ...one, error: "22023" }]),
  ];
  for (const [what, one] of lenient)
    report(`a webhook, ${what}: refused in SQL, accepted by server-sdk`, shown([one]), bothOf([one]), notAsNamed);

  const second = { ...webhook, publicKey: keys[2].publicKey + webhook.publicKey };
  report("a webhook signed by the second of two keys: accepted in SQL, refused by server-sdk", shown([second]), bothOf([second]),
    notAsNamed);
}

export function testWebhooks(random) {
  const webhooks = Object.keys(signers).flatMap((signer) => testGoodWebhooks(random, signer));
  testChangedWebhooks(random, webhooks);
  testNamedBodies();
  testNamedDifferences();
}
