// webhook_peer.js SAMPLE SECONDS: how long VideoSDK's server SDK takes to verify a webhook, in nanoseconds

import { readFileSync } from "node:fs";
import { VideoSDK } from "@videosdk.live/server-sdk";
import { nanosecondsEach } from "./timing.js";

const [samplePath, seconds] = process.argv.slice(2);
const { publicKey, webhooks } = JSON.parse(readFileSync(samplePath, "utf8"));
const sdk = new VideoSDK({ apiKey: "key", secret: "secret" });
const bodies = webhooks.map(([body, signature]) => [Buffer.from(body), signature]);

console.log(
  JSON.stringify({
    verify: nanosecondsEach(([body, signature]) => sdk.webhooks.verifySync(body, signature, publicKey), bodies, seconds),
  }),
);
