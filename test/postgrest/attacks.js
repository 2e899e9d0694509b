// What a user and an anonymous client try over HTTP

import { query, run, tryAs } from "./database.js";
import { after, payloadOf, signJwt } from "./jwt.js";
import { check } from "./report.js";
import { JWT_SECRET } from "./server.js";

const { VIDEOSDK_SECRET } = process.env;

const isRefused = ({ status }) => status >= 400 && status < 500;
const isNotDone = ({ status }) => status >= 400;

// Functions that are not served, with arguments that they would take
const hidden = {
  videosdk_issue_token: { payload: { permissions: ["allow_mod"] }, expires_in: "1 hour" },
  videosdk_sign_token: { payload: {}, secret: "s", expires_in: "1 hour" },
  videosdk_validate_token: { token: "x", server: "videosdk" },
  videosdk_check_token: { token: "x" },
  videosdk_check_join: { token: "x", room_id: "r", participant_id: "p" },
  videosdk_decode_token: { token: "x" },
  videosdk_api_payload: {},
  "videosdk.videosdk_issue_token": { payload: {}, expires_in: "1 hour" },
  participant_token: { p: {} },
  issue_tokens: { meeting: 1 },
  current_user_id: {},
  set_config: { setting_name: "request.jwt.claims", new_value: '{"sub": "alice"}', is_local: false },
  query_to_xml: { query: "TABLE pg_user_mappings", nulls: true, tableforest: true, targetns: "" },
  pg_read_file: { filename: "postgresql.conf" },
};

async function testHiddenObjects(client) {
  for (const user of [undefined, "bob"]) {
    const who = user ?? "anonymous";
    for (const [name, body] of Object.entries(hidden))
      check(`POST /rpc/${name} does not reach it (${who})`, await client.call(name, body, { user }), { status: 404 });
    for (const table of ["participants", "tokens", "pg_user_mappings", "pg_user_mapping", "app.meetings"])
      check(`/${table} is not there (${who})`, await client.get(`/${table}`, { user }), { status: 404 });
    for (const schema of ["videosdk", "app", "public", "pg_catalog", "information_schema"]) {
      const headers = { "Accept-Profile": schema, "Content-Profile": schema };
      check(`the schema ${schema} is not served (${who})`,
        [await client.get("/meetings", { user, headers }),
          await client.call("videosdk_issue_token", hidden.videosdk_issue_token, { user, headers })],
        (answers) => answers.every(({ status }) => status === 406));
    }
  }
}

const paths = ({ body }) => Object.keys(body.paths).sort();

async function testDescription(client) {
  const served = ["/", "/meetings", "/rpc/check_for_test", "/rpc/check_join_for_test", "/rpc/issue_for_test",
    "/rpc/join_meeting", "/rpc/validate_token"];
  check("the description has the endpoints and nothing else", paths(await client.get("/", { user: "bob" })), served);
  check("for anonymous, not even these", paths(await client.get("/")), ["/"]);
}

async function testOtherMeetings(client) {
  const join = (body, options) => client.call("join_meeting", body, { user: "bob", ...options });
  for (const meeting of ["1 OR true", "3; SELECT 1", "1) OR (1=1", 3.5, [3], { id: 3 }, 2 ** 40])
    check(`no token for meeting ${JSON.stringify(meeting)}`, await join({ meeting }), isRefused);
  for (const other of [{ permissions: ["allow_mod"] }, { kind: "host" }, { user_id: "alice" }, { p: { kind: "host" } }])
    check(`no function takes ${JSON.stringify(other)}`, await join({ meeting: 1, ...other }), { status: 404 });
  for (const path of ["?meeting=3", "?meeting=eq.3", "?meeting=1&meeting=3"])
    check(`no token for GET /rpc/join_meeting${path}`, await client.get(`/rpc/join_meeting${path}`, { user: "bob" }),
      isRefused);
  check("of many meetings, the first counts", await join([{ meeting: 3 }, { meeting: 1 }]), { status: 403 });

  const claims = JSON.stringify({ sub: "alice", role: "meeting_issuer" });
  const headers = {
    "request.jwt.claims": claims, "Request-Jwt-Claims": claims, Cookie: `request.jwt.claims=${claims}`,
    Role: "meeting_issuer", Prefer: "timezone=UTC'; SET ROLE meeting_issuer; --",
  };
  const { body } = await join({ meeting: 1 }, { headers });
  check("headers make bob nobody else", payloadOf(body), { participantId: "bob", permissions: ["allow_join"] });
}

async function testTables(client) {
  const state = () => query("SELECT * FROM app.meetings JOIN app.participants ON meeting = id ORDER BY meeting, user_id");
  const before = state();
  const options = { user: "bob", body: { kind: "host" } };
  for (const [method, path] of [["POST", ""], ["PATCH", "?id=eq.1"], ["PUT", "?id=eq.1"], ["DELETE", "?id=eq.1"]])
    check(`${method} /meetings is refused`, await client.send(method, `/meetings${path}`, options), isNotDone);
  check("and changes nothing", state(), before);

  for (const select of ["*,participants(*)", "*,tokens(token)", "room", "server", "id,pg_read_file(title)"])
    check(`select=${select} is refused`, await client.get(`/meetings?select=${select}`, { user: "bob" }), { status: 400 });
  check("or=(id.gt.0) shows bob no more",
    (await client.get("/meetings?or=(id.gt.0,title.like.*)", { user: "bob" })).body.length, 1);
}

async function testLogins(client) {
  const login = (claims, secret = JWT_SECRET, header = undefined) =>
    client.join(undefined, 1, { jwt: signJwt({ sub: "alice", role: "web_user", exp: after(60), ...claims }, secret, header) });
  for (const role of ["meeting_issuer", "postgres", "authenticator", "none", "pg_read_all_data"])
    check(`who may log in as ${role} gets nothing`, await login({ role }), isRefused);
  check("a JWT without a role is anonymous", await login({ role: undefined }), { status: 401 });
  check("an expired JWT gives 401", await login({ exp: after(-60) }), { status: 401 });
  check("a JWT signed with VideoSDK's secret gives 401", await login({}, VIDEOSDK_SECRET), { status: 401 });
  check("a JWT with alg none gives 401", await login({}, JWT_SECRET, { alg: "none" }), { status: 401 });
  const { body: token } = await client.join("alice", 1);
  check("a token for a meeting is no login", await client.join(undefined, 1, { jwt: token }), { status: 401 });
}

// Ways to make PostgREST and PostgreSQL talk: plans, other formats, errors of other parts
async function testTalkativeness(client) {
  const plan = { Accept: 'application/vnd.pgrst.plan+text; options="analyze|verbose|settings|buffers"' };
  const join = await client.join("bob", 1, { headers: plan });
  check("a plan tells no secret and no token", join, ({ status, body }) =>
    status === 200 && body.includes("join_meeting") && !body.includes("eyJ"));
  for (const Accept of ["text/csv", "text/plain", "application/octet-stream", "application/vnd.pgrst.object+json"])
    await client.join("bob", 1, { headers: { Accept } });
  for (const body of ["{", '{"token": "\\u0000"}', '{"token": "\\ud800"}', "\xff", '"x"', "[]"])
    check(`the body ${JSON.stringify(body)} is refused`,
      await client.send("POST", "/rpc/validate_token", { user: "bob", body }), isRefused);
}

// A foreign table of a wrapper without handler would break information_schema.tables, which PostgREST's schema cache reads
async function testForeignTables(client, postgrest) {
  run("CREATE SCHEMA issuer AUTHORIZATION meeting_issuer");
  const attempts = {
    "without options": "CREATE FOREIGN TABLE issuer.t (a int) SERVER videosdk",
    "with options": "CREATE FOREIGN TABLE issuer.t (a int OPTIONS (b 'c')) SERVER videosdk OPTIONS (d 'e')",
  };
  for (const [how, statement] of Object.entries(attempts))
    check(`a role with USAGE makes no foreign table ${how}`, tryAs("meeting_issuer", statement), "42809");
  check("information_schema.tables works", query("SELECT count(is_insertable_into) > 0 AS ok FROM information_schema.tables"), [{ ok: true }]);
  await postgrest.reload();
  check("PostgREST serves on after a reload", await client.join("bob", 1), { status: 200 });
  run("DROP SCHEMA issuer CASCADE");
}

export async function testAttacks(client, postgrest) {
  await testHiddenObjects(client);
  await testDescription(client);
  await testOtherMeetings(client);
  await testTables(client);
  await testLogins(client);
  await testTalkativeness(client);
  await testForeignTables(client, postgrest);
}
