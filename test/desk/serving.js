// What PostgREST serves, by HTTP alone: the page and its headers, who may call which function, and by which method

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync } from "node:fs";
import { Client } from "../postgrest/client.js";
import { load, query, run, tryAs } from "../postgrest/database.js";
import { after } from "../postgrest/jwt.js";
import { check } from "../postgrest/report.js";
import { Postgrest } from "../postgrest/server.js";
import { ROOM, sign } from "./tokens.js";

const FOLDER = "../../examples/desk";
const HTML = readFileSync(`${FOLDER}/desk.html`, "utf8").replace(/\n$/, ""); // psql takes the last one away

const headers = { "Content-Profile": "desk" };
export const carol = { sub: "carol", role: "desk_user" };

const call = (client, name, body, options) => client.call(name, body, { user: carol, headers, ...options });
const page = (client) => client.get("/rpc/desk", { headers: { Accept: "text/html,*/*;q=0.8" } });

const hashes = (element) => [...HTML.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, "g"))]
  .map(([, text]) => ` 'sha256-${createHash("sha256").update(text).digest("base64")}'`).join("");

const policy = `default-src 'none'; script-src${hashes("script")}; style-src${hashes("style")}; connect-src 'self'; base-uri 'none'; ` +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const expectedHeaders = {
  "content-type": /^text\/html(; charset=utf-8)?$/i,
  "content-security-policy": policy,
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

async function testPage(client) {
  const { status, body, headers } = await page(client);
  check("anonymous gets the page, byte for byte", [status, body === HTML], [200, true]);
  for (const [name, value] of Object.entries(expectedHeaders)) check(`its ${name}`, headers.get(name), value);
  check("the page is small", Buffer.byteLength(HTML), (size) => size < 60_000);
  check("and names no other host, but for the licence's", HTML.replace(/<!--[^]*?-->|\/\*[^]*?\*\//g, "").match(/(https?:)?\/\/[\w.-]+\.\w+[^"'` ]*/g),
    (hosts) => (hosts ?? []).every((host) => host.startsWith("http://www.w3.org/")));
  check("no element has a style or a handler of its own", HTML.match(/<[^>]*\s(style|on\w+)=/gi), null);
}

// What is somebody else's, as it comes from npm, but for its last statement, which says what the module exports
function testLibrary() {
  const read = (name) => readFileSync(`node_modules/lean-qr/${name}`, "utf8");
  const [, code, name] = read("nano.mjs").match(/^([^]*)export\{.*?(\w+) as generate\};\s*$/);
  const { version } = JSON.parse(read("package.json"));
  check("the library for QR codes is npm's, byte for byte", HTML.includes(`\n${code}\nreturn ${name};\n`), true);
  check("with its name, version and licence", [HTML.includes(`lean-qr ${version}`), HTML.includes(read("LICENSE").trim())], [true, true]);
}

// Whatever the first schema is: where the page asks for its functions, and without being asked, where it is
async function testSchemas() {
  for (const schemas of ["desk, api", "desk"]) {
    const postgrest = new Postgrest("meetings", schemas);
    try {
      await postgrest.start();
      const client = new Client(postgrest.url);
      check(`db-schemas = "${schemas}" serves the page`, await page(client), { status: 200, body: HTML });
      check("and its functions", await call(client, "limits", {}), { status: 200 });
    } finally {
      await postgrest.stop();
    }
  }
}

// The functions of the page, with arguments that they take
const make = { room: ROOM, participant: "alice", permissions: ["allow_join"], role: "rtc", lasts: "15 minutes" };
const functions = { limits: {}, preview: make, make, look: { token: "x", room: ROOM, participant: "alice" } };

async function testWho(client) {
  for (const [name, body] of Object.entries(functions)) {
    check(`desk_user may call ${name}`, await call(client, name, body), { status: 200 });
    check(`anonymous gets 401 from ${name}`, await call(client, name, body, { user: undefined }), { status: 401, body: { code: "42501" } });
    check(`web_user gets 403 from ${name}`, await call(client, name, body, { user: "bob" }), { status: 403 });
    check(`an expired login gets 401 from ${name}`, await call(client, name, body, { user: { ...carol, exp: after(-60) } }), { status: 401 });
    check(`${name} is not among the functions of the first schema`, await client.call(name, body, { user: carol }), { status: 404 });
  }
  for (const role of ["meeting_issuer", "postgres", "authenticator"])
    check(`nobody logs in as ${role}`, await call(client, "make", make, { user: { sub: "carol", role } }), ({ status }) => status === 401 || status === 403);
  check("desk_user may do nothing else: no meetings", await client.get("/meetings", { user: carol }), { status: 403 });
  for (const name of ["join_meeting", "validate_token"])
    check(`nor ${name}`, await client.call(name, name === "join_meeting" ? { meeting: 1 } : { token: "x" }, { user: carol }), { status: 403 });
  for (const name of ["issue", "require_post"])
    check(`nor ${name}`, await call(client, name, name === "issue" ? { ...make, starts_at: null } : {}), ({ status }) => status === 403 || status === 404);
  for (const statement of ["TABLE app.issued_tokens", "TABLE desk.page", "SELECT videosdk.videosdk_issue_token('{}', '1 hour', 'videosdk_desk')",
    "SELECT desk.issue('r', 'p', '{allow_join}', 'rtc', NULL, '1 hour')", "CREATE FUNCTION desk.f() RETURNS int LANGUAGE sql RETURN 1"])
    check(`in SQL, neither: ${statement}`, tryAs("desk_user", statement), "42501");
}

// PostgREST writes the URL into its log, and so may each proxy.
async function testMethods(client) {
  const token = sign();
  const parameters = { preview: `room=${ROOM}&participant=alice&lasts=1h`, make: `room=${ROOM}&participant=alice&lasts=1h`, look: `token=${token}` };
  const before = query("SELECT count(*) FROM app.issued_tokens");
  for (const [name, values] of Object.entries(parameters))
    for (const method of ["GET", "HEAD"])
      check(`${method} /rpc/${name} is refused`,
        await client.send(method, `/rpc/${name}?${values}`, { user: carol, headers: { "Accept-Profile": "desk" } }), { status: 405 });
  check("and makes no token", query("SELECT count(*) FROM app.issued_tokens"), before);
  const answer = await client.send("HEAD", "/rpc/desk", {});
  check("HEAD of the page has no body", [answer.status, answer.body], [200, ""]);
}

const ledger = (participant) => query(`SELECT room_id, participant_id, issued_by, jti FROM app.issued_tokens WHERE participant_id = '${participant}'`);

async function testLedger(client) {
  const participant = "somebody";
  await call(client, "preview", { ...make, participant });
  check("a preview is not in the ledger", ledger(participant), []);
  const { body } = await call(client, "make", { ...make, participant });
  const { jti } = JSON.parse(body.payload);
  check("what is made is there, with who made it", ledger(participant), [{ room_id: ROOM, participant_id: participant, issued_by: "carol", jti }]);
  check("a login without sub makes nothing", await call(client, "make", { ...make, participant }, { user: { role: "desk_user" } }), { status: 403 });
  check("and the ledger has no row of it", ledger(participant).length, 1);
}

// The server's options count, whoever changes them
async function testLimits(client) {
  check("the limits are those of the server", await call(client, "limits", {}),
    { status: 200, body: { max_expires_in: 7200, now: (now) => Math.abs(now - Date.now() / 1000) < 60, roles: (roles) => String(roles) === "rtc" } });
  run("ALTER SERVER videosdk_desk OPTIONS (SET max_expires_in '30 minutes', ADD permissions 'ask_join')");
  check("and change with it", await call(client, "limits", {}), { body: { max_expires_in: 1800, permissions: (names) => String(names) === "ask_join" } });
  run("ALTER SERVER videosdk_desk OPTIONS (SET max_expires_in '2 hours', DROP permissions)");
  check("no answer of it has the API key", JSON.stringify((await call(client, "limits", {})).body).includes(process.env.VIDEOSDK_APIKEY), false);
}

// desk.sql a second time, as after a change of desk.html
async function testLoadingAgain(client, postgrest) {
  const before = query("SELECT count(*) FROM app.issued_tokens");
  load(`${FOLDER}/desk.sql`);
  await postgrest.reload();
  check("desk.sql can be loaded again", await page(client), { status: 200, body: HTML });
  check("and the ledger stays", query("SELECT count(*) FROM app.issued_tokens"), before);
}

// What is in the way of desk.sql stays, and it says so.  Its arguments are looked for from the top of the tree, where it would find a page.
function testRefusals() {
  const refused = (...args) => spawnSync("psql", ["-X", "-q", ...args], { cwd: "../..", encoding: "utf8" }).stderr;
  run("ALTER SCHEMA desk RENAME TO desk_aside; CREATE SCHEMA desk");
  check("desk.sql does not drop a schema of something else", refused("-f", "examples/desk/desk.sql"), /there is a schema "desk" of something else/);
  run("DROP SCHEMA desk; ALTER SCHEMA desk_aside RENAME TO desk");
  check("a folder that is named is the only one", refused("-v", "folder=/nowhere/", "-f", "examples/desk/desk.sql"), /desk\.html is not found/);
  const folder = mkdtempSync(`${process.env.VIDEOSDK_TOKEN_SANDBOX}/`);
  copyFileSync(`${FOLDER}/desk.sql`, `${folder}/desk.sql`);
  check("so is that of desk.sql", refused("-f", `${folder}/desk.sql`), /desk\.html is not found/);
}

export async function testServing({ url }, postgrest) {
  const client = new Client(url);
  await testPage(client);
  testLibrary();
  await testWho(client);
  await testMethods(client);
  await testLedger(client);
  await testLimits(client);
  testRefusals();
  await testLoadingAgain(client, postgrest);
  await testSchemas();
}
