// Tokens that this extension refuses and others accept: the table of docs/internals.md. PyJWT is not in it, because its behaviour comes
// and goes with Debian's security updates.

import { createHmac } from "node:crypto";

export const SECRET = "3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c";

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

const claims = (others) => ({
  apikey: "k", permissions: ["allow_join"], exp: Math.floor(Date.now() / 1000) + 3600, ...others,
});

// Signed with HMAC-SHA256, whatever the header says, and however the payload is spelt
function makeToken(payload, header = {}) {
  const spelling = typeof payload === "string" ? payload : base64url(claims(payload));
  const input = `${base64url({ alg: "HS256", typ: "JWT", ...header })}.${spelling}`;
  return `${input}.${createHmac("sha256", SECRET).update(input).digest("base64url")}`;
}

// A payload of one byte more than a multiple of three, so that its last character has bits to spare
const spareBits = () => [0, 1, 2].map((n) => base64url(claims({ x: "x".repeat(n) }))).find((s) => s.length % 4 === 2);

function withTrailingBits(text) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) + 1];
}

const raw = (json) => Buffer.from(json, "latin1").toString("base64url");
const withMember = (member) => raw(JSON.stringify(claims({})).replace("}", `,${member}}`));
const inHalfAnHour = () => Math.floor(Date.now() / 1000) + 1800;

const JS = "jsonwebtoken";
const SDK = "server-sdk";

// [ what, token, SQL's status, who accepts it ]
export const lenientlyAccepted = () => [
  ["no exp", makeToken({ exp: undefined }), "bad_payload", [JS, SDK]],
  ["no apikey", makeToken({ apikey: undefined }), "bad_payload", [JS, SDK]],
  ["a null roomId", makeToken({ roomId: null }), "bad_payload", [JS, SDK]],
  ["a negative iat", makeToken({ iat: -1 }), "bad_payload", [JS, SDK]],
  ["exp in milliseconds", makeToken({ exp: Date.now() + 3600000 }), "bad_payload", [JS, SDK]],
  ["exp a string", makeToken({ exp: String(inHalfAnHour()) }), "bad_payload", [SDK]],
  ["nbf in the future", makeToken({ nbf: inHalfAnHour() }), "not_yet_valid", [SDK]],
  ["crit", makeToken({}, { crit: ["x"], x: 1 }), "bad_signature", [JS, SDK]],
  ["alg HS512 over an HMAC-SHA256", makeToken({}, { alg: "HS512" }), "bad_signature", [SDK]],
  ["alg none over an HMAC-SHA256", makeToken({}, { alg: "none" }), "bad_signature", [SDK]],
  ["trailing bits in the payload", makeToken(withTrailingBits(spareBits())), "malformed", [JS, SDK]],
  ["padding after the payload", makeToken(`${spareBits()}==`), "malformed", [SDK]],
  ["a blank in the payload", makeToken(spareBits().replace(/^..../, "$& ")), "malformed", [SDK]],
  ["a payload that is not UTF-8", makeToken(withMember('"x":"\xe9"')), "malformed", [JS, SDK]],
  ["an escaped NUL", makeToken({ x: "\0" }), "malformed", [JS, SDK]],
  ["65 levels", makeToken(withMember(`"x":${"[".repeat(64)}${"]".repeat(64)}`)), "malformed", [JS, SDK]],
  ["a number of 1,001 digits", makeToken(withMember(`"x":${"9".repeat(1001)}`)), "malformed", [JS, SDK]],
  ["more than 65,536 bytes", makeToken({ x: "x".repeat(50000) }), "malformed", [JS, SDK]],
];

const PAYLOAD = { apikey: "k", permissions: ["allow_join"], roles: ["rtc"], version: 2 };

// Payloads that all of them sign, and this extension does not
export const carelesslySigned = [
  ["a misspelt roomID", { ...PAYLOAD, roomID: "2kyv-gzay-64pg" }],
  ["an empty roomId", { ...PAYLOAD, roomId: "" }],
  ["an unknown permission", { ...PAYLOAD, permissions: ["allow_joined"] }],
  ["ask_join beside allow_join", { ...PAYLOAD, permissions: ["ask_join", "allow_join"] }],
  ["allow_mod alone", { ...PAYLOAD, permissions: ["allow_mod"] }],
  ["a roomId with a blank", { ...PAYLOAD, roomId: "2kyv gzay 64pg" }],
];
