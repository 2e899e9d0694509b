// The examples behind PostgREST: who gets what over HTTP, and that the secret stays where it is; and tokens at VideoSDK's REST API

import { readFileSync } from "node:fs";
import { testApi } from "./api.js";
import { testAttacks } from "./attacks.js";
import { Client } from "./client.js";
import { secrets } from "./database.js";
import { testJoining } from "./joining.js";
import { testLedger } from "./ledger.js";
import { bailOut, check, finish, report } from "./report.js";
import { Postgrest } from "./server.js";
import { testTokenServer } from "./token_server.js";
import { testValidating } from "./validating.js";
import { testWebhooks } from "./webhooks.js";

// The secrets, and what they would look like in other clothes
const clothes = (secret) => [
  secret, secret.slice(0, 20), secret.slice(-20), secret.toUpperCase(), Buffer.from(secret).toString("base64").slice(0, 40),
  Buffer.from(secret).toString("hex"),
];

function testSecrecy(answers, logs) {
  const traces = secrets().flatMap(clothes);
  const serverLog = readFileSync(process.env.SERVER_LOG, "utf8");
  const tokens = answers.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g);
  const where = {
    "the answers": [answers, process.env.VIDEOSDK_APIKEY],
    "PostgREST's log": [logs, "POST /rpc/join_meeting"],
    "the server's log": [serverLog, "you are not invited to this meeting"],
  };
  check("there are secrets and tokens to look for", [traces.length, tokens.length], ([s, t]) => s === 12 && t > 200);
  for (const [name, [text, known]] of Object.entries(where)) {
    check(`${name} would show the secret`, text.includes(known), true);
    check(`${name} do not show it`.replace(/log do/, "log does"), traces.filter((trace) => text.includes(trace)), []);
  }
  for (const name of ["PostgREST's log", "the server's log"])
    check(`${name} shows no token either`, tokens.filter((token) => where[name][0].includes(token)), []);
}

const postgrest = new Postgrest("meetings");
const other = new Postgrest("rooms");
try {
  await postgrest.start();
  const client = new Client(postgrest.url);
  await testJoining(client);
  await testValidating(client);
  await testAttacks(client, postgrest);
  await testWebhooks(client, postgrest);
  await testLedger(client, postgrest);
  await testApi();
  await other.start();
  const otherClient = new Client(other.url);
  await testTokenServer(otherClient);
  testSecrecy(client.answers + otherClient.answers, postgrest.log + other.log);
} catch (error) {
  bailOut(error);
} finally {
  report("PostgREST has ended", (await postgrest.stop()) && (await other.stop()) ? null : "it had to be killed");
  finish();
}
