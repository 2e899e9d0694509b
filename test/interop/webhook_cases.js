// Webhooks: random bodies, signatures, and changes of either.

import { execFileSync } from "node:child_process";
import { constants, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isUtf8 } from "node:buffer";
import { string, value } from "./cases.js";

// Keys

const folder = mkdtempSync(join(tmpdir(), "webhooks-"));

// A pair whose private key is in a file, too, for the openssl command
export function makeKey(type, options, publicType = "spki") {
  const { publicKey, privateKey } = generateKeyPairSync(type, options);
  const key = {
    privateKey,
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }),
    publicKey: publicKey.export({ type: publicType, format: "pem" }),
    path: join(mkdtempSync(join(folder, "key-")), "key.pem"),
  };
  writeFileSync(key.path, key.privatePem);
  return key;
}

// Of each size and form that a key may have, but for larger ones, which take long to make
export const keys = [
  makeKey("rsa", { modulusLength: 2048 }),
  makeKey("rsa", { modulusLength: 2048, publicExponent: 3 }, "pkcs1"),
  makeKey("rsa", { modulusLength: 3072 }),
  makeKey("rsa", { modulusLength: 4096 }, "pkcs1"),
];

export const openssl = (...parameters) => execFileSync("openssl", parameters, { stdio: ["pipe", "pipe", "ignore"] });

// Who signs: bytes with a key, to a signature in base64
export const signers = {
  "Node's crypto": (body, { privateKey }) => sign("sha256", body, privateKey).toString("base64"),
  openssl: (body, { path }) =>
    execFileSync("openssl", ["dgst", "-sha256", "-sign", path], { input: body }).toString("base64"),
};

export const signPss = (body, { privateKey }) =>
  sign("sha256", body, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }).toString("base64");

// Bodies

const blank = (random) => (random.oneIn(4) ? random.pick([" ", "\n", "\t", "\r\n", "  \n\t"]) : "");

const escape = (text) => Array.from({ length: text.length }, (_, i) =>
  `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

// Each character as JSON.stringify spells it, or as it need not be spelt
const spellString = (random, text) =>
  `"${Array.from(text, (c) =>
    random.oneIn(6) ? escape(c) : c === "/" && random.oneIn(2) ? "\\/" : JSON.stringify(c).slice(1, -1)).join("")}"`;

function spellNumber(random, number) {
  const spelling = JSON.stringify(number);
  return random.oneIn(4) && !spelling.includes("e") ? `${spelling}${random.pick(["e0", "E+0", "e-00"])}` : spelling;
}

// A member may stand there twice; the last one counts
function spellObject(random, object) {
  const members = Object.entries(object).flatMap(([name, content]) =>
    (random.oneIn(8) ? [[name, random.bits()], [name, content]] : [[name, content]]));
  return members.map(([name, content]) =>
    [blank(random), spellString(random, name), blank(random), ":", spell(random, content)].join("")).join(",");
}

// JSON of a value, in any of the ways that there are to write it
function spell(random, content) {
  const inner =
    typeof content === "string" ? spellString(random, content) :
    typeof content === "number" ? spellNumber(random, content) :
    Array.isArray(content) ? `[${content.map((element) => spell(random, element)).join(",")}${blank(random)}]` :
    content !== null && typeof content === "object" ? `{${spellObject(random, content)}${blank(random)}}` :
    String(content);
  return `${blank(random)}${inner}${blank(random)}`;
}

const TYPES = ["participant-joined", "participant-left", "session-started", "session-ended", "recording-started"];

// In the way of VideoSDK, or of anybody
export function randomBody(random) {
  const budget = { values: 40 };
  const data = { meetingId: string(random, 0, 20), participantName: string(random, 0, 20), x: value(random, budget, 6) };
  const event = random.oneIn(8)
    ? { [string(random, 0, 12)]: value(random, budget, 6) }
    : { [random.oneIn(8) ? "type" : "webhookType"]: random.pick(TYPES), data };
  return Buffer.from(random.oneIn(3) ? JSON.stringify(event) : spell(random, event));
}

const withLength = (length) => `{"x":"${"x".repeat(length - 8)}"}`;

// [ what, body ], which all accept
export const goodBodies = [
  ["blanks all over", " { \"webhookType\" :\t\"participant-left\" ,\r\n\"data\":{ } }  "],
  ["escapes for what needs none", '{"\\u0077ebhookType":"participant\\u002dleft","data":{"n":"\\/\\u0041\\ud83d\\ude00"}}'],
  ["members twice", '{"webhookType":"session-ended","data":{"a":1,"\\u0061":2},"webhookType":"participant-left"}'],
  ["emoji", '{"webhookType":"participant-left","data":{"participantName":"👩‍👩‍👧‍👦 é e\u0301"}}'],
  ["a trailing newline", '{"webhookType":"participant-left","data":{}}\n'],
  ["no members", "{}"],
  ["1 MiB", withLength(2 ** 20)],
  ["a null type, and no data", '{"webhookType":null,"type":"x"}'],
  ["64 levels", `${'{"x":'.repeat(63)}{}${"}".repeat(63)}`],
  ["a long number", `{"x":${"9".repeat(300)}}`],
].map(([what, body]) => [what, Buffer.from(body)]);

// [ what, body ], which all refuse, although it is signed
export const badBodies = [
  ["an empty body", ""],
  ["a byte order mark", '\ufeff{"webhookType":"participant-left"}'],
  ["no JSON", "webhookType=participant-left"],
  ["a comma too many", '{"webhookType":"participant-left",}'],
  ["null", "null"],
  ["a no-break space", "{}\u00a0"],
  ["a NUL behind the object", "{}\0"],
].map(([what, body]) => [what, Buffer.from(body)]);

// [ what, body, SQLSTATE ], which the SDK accepts and SQL does not
export const lenientBodies = [
  ["a body that is not UTF-8", Buffer.from('{"x":"\xe9"}', "latin1"), "22021"],
  ["half a surrogate pair", '{"x":"\\ud83d"}', "22P02"],
  ["an escaped NUL", '{"x":"\\u0000"}', "22P02"],
  ["65 levels", `${'{"x":'.repeat(64)}{}${"}".repeat(64)}`, "22P02"],
  ["a number of 1,001 digits", `{"x":${"9".repeat(1001)}}`, "22P02"],
  ["an exponent of 1,000", '{"x":1e1000}', "22P02"],
  ["more than 1 MiB", withLength(2 ** 20 + 1), "22P02"],
  ["an array", '[{"webhookType":"participant-left"}]', "22P02"],
  ["a string", '"participant-left"', "22P02"],
  ["a number", "1", "22P02"],
].map(([what, body, error]) => [what, Buffer.from(body), error]);

// Changes: of a webhook to one that nobody may accept

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export const isStrictBase64 = (text) => Buffer.from(text, "base64").toString("base64") === text;

function changeByte(random, bytes) {
  const position = random.below(bytes.length);
  const change = random.pick([
    () => [random.below(256)],
    () => [],
    () => [bytes[position], random.pick([0x20, 0x0a, 0x7d, 0x22, bytes[position]])],
    () => [bytes[position] ^ (1 << random.below(8))],
  ]);
  return Buffer.concat([bytes.subarray(0, position), Buffer.from(change()), bytes.subarray(position + 1)]);
}

// As receivers do that verify what they have parsed
const writeAgain = (body) => Buffer.from(JSON.stringify(JSON.parse(body)));

const changeBody = (random, body) =>
  random.pick([
    () => changeByte(random, body),
    () => changeByte(random, body),
    () => Buffer.concat([body, Buffer.from(random.pick([" ", "\n", "\0", "}"]))]),
    () => Buffer.concat([Buffer.from(random.pick(["\ufeff", " ", "\n"])), body]),
    () => body.subarray(0, random.below(body.length)),
    () => writeAgain(body),
    () => randomBody(random),
  ])();

function changeCharacter(random, text) {
  const position = random.below(text.length);
  const character = random.oneIn(2) ? random.pick(alphabet) : String.fromCharCode(random.between(0x01, 0x7f));
  return text.slice(0, position) + character + text.slice(position + 1);
}

const changeSignature = (random, { body, signature, key }) =>
  random.pick([
    () => changeCharacter(random, signature),
    () => changeCharacter(random, signature),
    () => changeByte(random, Buffer.from(signature, "base64")).toString("base64"),
    () => signers["Node's crypto"](body, random.pick(keys.filter((other) => other !== key))),
    () => sign("sha512", body, key.privateKey).toString("base64"),
    () => signPss(body, key),
    () => signature.slice(0, random.below(signature.length)),
    () => signature + random.pick(["AAAA", signature]),
  ])();

const bytes = (signature) => Buffer.from(signature, "base64");

// The body or the signature changed, so that the bytes of either are others
export function changeWebhook(random, webhook) {
  const changed = random.oneIn(2)
    ? { ...webhook, body: changeBody(random, webhook.body) }
    : { ...webhook, signature: changeSignature(random, webhook) };
  return changed.body.equals(webhook.body) && bytes(changed.signature).equals(bytes(webhook.signature))
    ? changeWebhook(random, webhook) : changed;
}

export function isJson(body) {
  try {
    JSON.parse(body);
    return isUtf8(body) && !body.includes(0);
  } catch {
    return false;
  }
}
