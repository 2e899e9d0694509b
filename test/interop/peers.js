// Other people's libraries: each signs and verifies a list of cases, and never throws.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import jsonwebtoken from "jsonwebtoken";
import { VideoSDK, generateToken, verifyToken } from "@videosdk.live/server-sdk";

export const EXPIRES_IN = 2 * 60 * 60;

// For each case, what a function gives, or { error }
const each = (give) => (cases) =>
  cases.map((one) => {
    try {
      return give(one);
    } catch (error) {
      return { error: String(error) };
    }
  });

function python(command, calls) {
  return execFileSync("/usr/bin/python3", ["-I", "pyjwt.py", command], {
    input: JSON.stringify(calls),
    encoding: "utf8",
    maxBuffer: Infinity,
    stdio: ["pipe", "pipe", "inherit"],
  });
}

function generate({ payload, secret }) {
  const { apikey: apiKey, permissions, roles, version, ...claims } = payload;
  // The SDK has defaults for roles and version; as claims, undefined takes them out again.
  const token = generateToken({
    apiKey, secretKey: secret, permissions, expiresIn: EXPIRES_IN, claims: { ...claims, roles, version },
  });
  return { token };
}

function build({ payload, secret }) {
  const { apikey: apiKey, permissions, roles, version, roomId, participantId, ...claims } = payload;
  const builder = new VideoSDK({ apiKey, secret }).accessToken();
  builder.grant(...permissions).expiresIn(EXPIRES_IN);
  if (roles[0] === "crawler") builder.forApi();
  if (roomId !== undefined) builder.forRoom(roomId);
  if (participantId !== undefined) builder.setParticipant(participantId);
  for (const [name, value] of Object.entries(claims)) builder.setClaim(name, value);
  return { token: builder.toJwt() };
}

const withoutIat = ({ iat, ...payload }) => payload;

// fit: the nearest payload that the library can sign; sign: [{ payload, secret }] to [{ token } or { error }]
export const signers = {
  jsonwebtoken: {
    fit: (payload) => payload,
    sign: each(({ payload, secret }) => ({ token: jsonwebtoken.sign(payload, secret, { expiresIn: EXPIRES_IN }) })),
  },
  "server-sdk's generateToken": {
    fit: withoutIat,
    sign: each(generate),
  },
  "server-sdk's accessToken": {
    fit: (payload) => ({ ...withoutIat(payload), version: 2, roles: payload.roles?.slice(0, 1) ?? ["rtc"] }),
    sign: each(build),
  },
  PyJWT: {
    fit: (payload) => payload,
    sign: (cases) =>
      JSON.parse(python("sign", cases.map(({ payload, secret }) => [payload, secret, EXPIRES_IN]))),
  },
};

// [{ token, secret }] to [{ payload } or { error }]
export const verifiers = {
  jsonwebtoken: each(({ token, secret }) => ({
    payload: jsonwebtoken.verify(token, secret, { algorithms: ["HS256"] }),
  })),
  "server-sdk": each(({ token, secret }) => ({ payload: verifyToken(token, secret) })),
  PyJWT: (cases) => JSON.parse(python("verify", cases.map(({ token, secret }) => [token, secret]))),
};

function installedVersion(name) {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  return `${name} ${version}`;
}

export const versions = () =>
  [
    installedVersion("jsonwebtoken"),
    installedVersion("@videosdk.live/server-sdk"),
    `PyJWT ${python("version", []).trim()}`,
    `node ${process.versions.node}`,
  ].join(", ");

const { webhooks } = new VideoSDK({ apiKey: "key", secret: "secret" });

// [{ body, signature, publicKey }] to [{ event } or { error }]
export const verifyWebhooks = each(({ body, signature, publicKey }) => ({
  event: webhooks.verifySync(body, signature, publicKey),
}));
