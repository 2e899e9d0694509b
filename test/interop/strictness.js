// Tokens that this extension refuses and others accept: README's table, and what each library does today.

import { createHmac } from "node:crypto";

export const SECRET = "3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c";

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

// Signed with HMAC-SHA256, whatever the header says
function makeToken(claims, header = {}) {
  const payload = { apikey: "k", permissions: ["allow_join"], exp: Math.floor(Date.now() / 1000) + 3600, ...claims };
  const input = `${base64url({ alg: "HS256", typ: "JWT", ...header })}.${base64url(payload)}`;
  return `${input}.${createHmac("sha256", SECRET).update(input).digest("base64url")}`;
}

// The last character of a signature has two bits to spare.
function withTrailingBits(token) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)) + 1];
}

const inAnHour = () => Math.floor(Date.now() / 1000) + 1800;

// [ what, token, SQL's status, who accepts it ]
export const lenientlyAccepted = () => [
  ["no exp", makeToken({ exp: undefined }), "bad_payload", ["jsonwebtoken", "server-sdk", "PyJWT"]],
  ["alg HS512 over an HMAC-SHA256", makeToken({}, { alg: "HS512" }), "bad_signature", ["server-sdk"]],
  ["alg none over an HMAC-SHA256", makeToken({}, { alg: "none" }), "bad_signature", ["server-sdk"]],
  ["crit", makeToken({}, { crit: ["x"], x: 1 }), "bad_signature", ["jsonwebtoken", "server-sdk", "PyJWT"]],
  ["trailing bits", withTrailingBits(makeToken({})), "malformed", ["PyJWT"]],
  ["nbf in the future", makeToken({ nbf: inAnHour() }), "not_yet_valid", ["server-sdk"]],
  ["no apikey", makeToken({ apikey: undefined }), "bad_payload", ["jsonwebtoken", "server-sdk", "PyJWT"]],
  ["a null roomId", makeToken({ roomId: null }), "bad_payload", ["jsonwebtoken", "server-sdk", "PyJWT"]],
];

const PAYLOAD = { apikey: "k", permissions: ["allow_join"], roles: ["rtc"], version: 2 };

// Payloads that all of them sign, and this extension does not
export const carelesslySigned = [
  ["a misspelt roomID", { ...PAYLOAD, roomID: "2kyv-gzay-64pg" }],
  ["an empty roomId", { ...PAYLOAD, roomId: "" }],
  ["an unknown permission", { ...PAYLOAD, permissions: ["allow_joined"] }],
];
