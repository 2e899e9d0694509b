// A JWT, signed with HMAC-SHA256 whatever its header says

import { createHmac } from "node:crypto";

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function signJwt(payload, secret, header = { alg: "HS256", typ: "JWT" }) {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

export const payloadOf = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));

// The time, some seconds from now
export const after = (seconds) => Math.floor(Date.now() / 1000) + seconds;
