// peers.js NAME SAMPLE SECONDS: how long a JavaScript library takes to sign and to verify, in nanoseconds a token

import { createSecretKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { nanosecondsEach } from "./timing.js";

const EXPIRES_IN = 2 * 60 * 60;

const [name, samplePath, seconds] = process.argv.slice(2);
const { secret, tokens } = JSON.parse(readFileSync(samplePath, "utf8"));

const now = () => Math.floor(Date.now() / 1000);

// VideoSDK's guide passes the secret as a string, which jsonwebtoken takes for a private key first, each time
async function withJsonwebtoken(key) {
  const { default: jsonwebtoken } = await import("jsonwebtoken");
  return {
    sign: (payload) => jsonwebtoken.sign(payload, key, { expiresIn: EXPIRES_IN }),
    verify: (token) => jsonwebtoken.verify(token, key, { algorithms: ["HS256"] }),
  };
}

// Each: what signs a payload, and what verifies a token or throws
const peers = {
  jsonwebtoken: () => withJsonwebtoken(secret),
  "jsonwebtoken with a KeyObject": () => withJsonwebtoken(createSecretKey(secret, "utf8")),
  "@videosdk.live/server-sdk": async () => {
    const { generateToken, verifyToken } = await import("@videosdk.live/server-sdk");
    return {
      sign: ({ apikey: apiKey, permissions, roles, version, ...claims }) =>
        generateToken({ apiKey, secretKey: secret, permissions, roles, version, expiresIn: EXPIRES_IN, claims }),
      verify: (token) => verifyToken(token, secret),
    };
  },
  "fast-jwt": async () => {
    const { createSigner, createVerifier } = await import("fast-jwt");
    return {
      sign: createSigner({ key: secret, algorithm: "HS256", expiresIn: EXPIRES_IN * 1000 }),
      verify: createVerifier({ key: secret, algorithms: ["HS256"], cache: false }),
    };
  },
  "@node-rs/jsonwebtoken": async () => {
    const { Algorithm, signSync, verifySync } = await import("@node-rs/jsonwebtoken");
    return {
      sign: (payload) => {
        const iat = now();
        return signSync({ ...payload, iat, exp: iat + EXPIRES_IN }, secret);
      },
      verify: (token) => verifySync(token, secret, { algorithms: [Algorithm.HS256] }),
    };
  },
};

const { sign, verify } = await peers[name]();
const payloads = tokens.map(({ payload }) => payload);
console.log(
  JSON.stringify({
    sign: nanosecondsEach(sign, payloads, seconds),
    verify: nanosecondsEach(verify, tokens.map(({ token }) => token), seconds),
    sample: sign(payloads[0]),
  }),
);
