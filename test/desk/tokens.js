// Tokens that somebody else has made, to be looked into

import { createHmac } from "node:crypto";
import { after } from "../postgrest/jwt.js";

const { VIDEOSDK_APIKEY: apikey, VIDEOSDK_SECRET: secret } = process.env;

export const ROOM = "2kyv-gzay-64pg"; // of a meeting in the database

export const claims = (others) =>
  ({ apikey, permissions: ["allow_join"], version: 2, roles: ["rtc"], roomId: ROOM, participantId: "alice", exp: after(600), ...others });

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

// A token of these two texts or bytes, whatever they are, signed with the account's secret unless another is given
export function signBytes(payload, header = '{"alg":"HS256","typ":"JWT"}', key = secret) {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
}

const text = (others) => JSON.stringify(claims(others));
export const sign = (others, header) => signBytes(text(others), header && JSON.stringify(header));
export const forge = (others, header) => signBytes(text(others), header && JSON.stringify(header), "somebody else's secret");

// Texts that do something where a page takes them for more than a text.  pwned is what their scripts would set.
export const texts = {
  "a script": "</script><script>pwned=1</script>",
  "an image": `"'><img src=x onerror=pwned=1>`,
  "a drawing": "<svg/onload=pwned=1>",
  "a frame": "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
  "a style": "</style><style>*{display:none!important}</style>",
  "an open comment": "<!--<script>",
  "a text area's end": "</textarea></pre></title><b id=pwned>",
  "a link": "javascript:pwned=1",
  "a link of data": "data:text/html,<script>parent.pwned=1</script>",
  "templates": "${pwned=1}{{pwned=1}}#{pwned=1}$&$1%s%n",
  "SQL": "'; DROP TABLE app.issued_tokens; --\\",
  "a character reference": "&lt;b&gt;&#x202e;&nbsp;",
  "a right-to-left override": "alice\u202egnp.exe\u202c",
  "isolates": "\u2066\u2067\u2068alice\u2069\u061c",
  "characters of no width": "al\u200bi\u200c\u200dce\ufeff\u00ad\u2060",
  "letters that nobody sees": "alice\u{e0061}\u{e0062}\u{e007f}\ufe0f\u3164\u115f\u180e",
  "controls": "\u0001\u0008\u000b\u001b[31m\u007f\u0085\u009b31m",
  "line ends": "a\nb\rc\u2028d\u2029e\tf",
  "a tower of accents": `Z${"\u0301".repeat(300)}`,
  "Arabic and Hebrew": "\u0645\u0631\u062d\u0628\u0627 1 \u05e9\u05dc\u05d5\u05dd (a)",
  "a long word": "x".repeat(2000),
};

// Names that every object of JavaScript has, or that change it
export const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "toJSON", "then", "length", "innerHTML"];

const nested = (depth) => `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`;
const payload = (more) => `${JSON.stringify(claims()).slice(0, -1)},${more}}`;

// [ what, token, status ]: what only bytes can say
export const bytes = () => [
  ["an escaped NUL", signBytes(payload('"sub":"\\u0000"')), "malformed"],
  ["a NUL byte", signBytes(payload('"sub":"\u0000"')), "malformed"],
  ["half of a surrogate pair", signBytes(payload('"sub":"\\ud800"')), "malformed"],
  ["the other half", signBytes(payload('"\\udc00":1')), "malformed"],
  ["halves the wrong way round", signBytes(payload('"sub":"\\udc00\\ud800"')), "malformed"],
  ["a pair", signBytes(payload('"sub":"\\ud83d\\ude00"')), "valid"],
  ["bytes that are not UTF-8", signBytes(Buffer.from(payload('"sub":"\xff\xfe"'), "latin1")), "malformed"],
  ["64 levels", signBytes(payload(`"a":${nested(63)}`)), "valid"],
  ["65 levels", signBytes(payload(`"a":${nested(64)}`)), "malformed"],
  ["5,000 levels", signBytes(payload(`"a":${nested(5000)}`)), "malformed"],
  ["5,000 open brackets", signBytes(`${"[".repeat(5000)}`), "malformed"],
  ["a member twice", signBytes(payload('"roomId":"<b>","roomId":"other"')), "valid"],
  ["a number beyond 2^53", signBytes(payload('"a":12345678901234567890123')), "valid"],
  ["a number beyond a double", signBytes(payload('"a":1e400')), "valid"],
  ["a number beyond PostgreSQL's", signBytes(payload('"a":1e999999')), "malformed"],
  ["an array", signBytes("[1]"), "malformed"],
  ["a null", signBytes("null"), "malformed"],
  ["an empty object", signBytes("{}"), "bad_payload"],
  ["no JSON", signBytes("pwned=1"), "malformed"],
  ["a header that is no JSON", signBytes(payload('"a":1'), "<img src=x onerror=pwned=1>"), "malformed"],
  ["a header that is an array", signBytes(payload('"a":1'), "[]"), "malformed"],
  ["alg none, and no signature", `${signBytes(payload('"a":1'), '{"alg":"none"}').replace(/[^.]*$/, "")}`, "bad_signature"],
  ["crit", sign({}, { alg: "HS256", crit: ["x"], x: 1 }), "bad_signature"],
  ["64 kB", signBytes(payload(`"a":"${"y".repeat(48_000)}"`)), "valid"],
  ["64 kB of members", signBytes(payload(Array.from({ length: 5000 }, (_, n) => `"${n}":${n % 7}`).join(","))), "valid"],
  ["more than 64 KiB", signBytes(payload(`"a":"${"y".repeat(60_000)}"`)), "malformed"],
  ["a million letters", "x".repeat(1_000_000), "malformed"],
  ["dots", ".".repeat(1000), "malformed"],
  ["two dots", "..", "malformed"],
  ["a NUL, not encoded", "\u0000.\u0000.\u0000", "malformed"],
  ["half of a surrogate pair, not encoded", "\ud800.a.b", "malformed"],
  ["markup", "<script>pwned=1</script>.<img src=x onerror=pwned=1>.javascript:pwned=1", "malformed"],
  ["five segments", `${sign()}.a.b`, "malformed"],
  ["padding", `${sign()}==`, "malformed"],
  ["base64 in the place of base64url", sign().replace(/.$/, "+"), "malformed"],
];

// [ what, claims ]: times that are none, or that no Date can hold
export const times = [
  ["1e300", { exp: 1e300 }], ["minus 1e300", { exp: -1e300 }], ["the end of a Date", { exp: 8.64e12 }], ["beyond it", { exp: 8.64e12 + 1 }],
  ["the year 9999", { exp: 253402300799 }], ["the year 10000", { exp: 253402300800 }], ["half a second", { exp: after(600) + 0.5 }],
  ["zero", { exp: 0 }], ["negative", { iat: -1, nbf: -1e10 }], ["a text", { exp: "tomorrow" }], ["a date", { exp: "2099-01-01" }],
  ["an array", { exp: [1] }], ["an object", { exp: {} }], ["null", { exp: null }], ["true", { exp: true }], ["none", { exp: undefined }],
  ["a far nbf", { nbf: 1e15 }], ["an iat as text", { iat: "<b>" }],
];
