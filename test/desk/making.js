// Make: what a user fills in, what the page says of it, and what comes out

import { execFileSync } from "node:child_process";
import { query, run } from "../postgrest/database.js";
import { payloadOf } from "../postgrest/jwt.js";
import { check, checkSoon } from "../postgrest/report.js";
import { readQrCode } from "./pictures.js";
import { ROOM, texts } from "./tokens.js";

const { VIDEOSDK_APIKEY: apikey } = process.env;

const json = (element) => async () => {
  const text = await element.innerText();
  return text.startsWith("{") ? JSON.parse(text) : text;
};

async function testPreview(desk) {
  await desk.fill();
  const expected = { apikey, roomId: ROOM, participantId: "alice", version: 2, permissions: (list) => String(list) === "allow_join",
    roles: (list) => String(list) === "rtc", jti: /^[\da-f-]{36}$/ };
  await checkSoon("the payload as it will be signed is there, live", json(desk.payload), expected);
  const { iat, exp } = await json(desk.payload)();
  check("an hour is what it lasts at first", exp - iat, 3600);
  await desk.press("15 min");
  await checkSoon("a preset changes it", json(desk.payload), ({ iat, exp }) => exp - iat === 900);
  await desk.fill({ lasts: 7.5, permissions: ["allow_join", "allow_mod"] });
  await checkSoon("so does what is typed", json(desk.payload), ({ iat, exp, permissions }) => exp - iat === 450 && permissions.length === 2);
  check("nothing is marked as wrong", await desk.invalid(), []);
}

async function testToken(desk) {
  const token = await desk.makeToken();
  const [{ payload }] = query(`SELECT videosdk.videosdk_validate_token('${token}', 'videosdk_desk') AS payload`);
  check("the token that is made is valid", payload, { roomId: ROOM, participantId: "alice" });
  check("and its payload is shown", await json(desk.payload)(), payloadOf(token));
  check("the ledger has it, with who made it", query(`SELECT issued_by, room_id, participant_id FROM app.issued_tokens WHERE jti = '${payload.jti}'`),
    [{ issued_by: "carol", room_id: ROOM, participant_id: "alice" }]);
  return token;
}

const clipboard = (desk) => () => desk.page.evaluate(() => navigator.clipboard.readText());

async function testCopying(desk, token) {
  await desk.copy("Token").click();
  await checkSoon("the copy button puts the token onto the clipboard", clipboard(desk), token);
  check("and says so", await desk.copy("Token").innerText(), "Copied");
}

// As on a page that came by plain HTTP from another machine, where browsers give no navigator.clipboard
async function testCopyingWithout(browser) {
  const desk = await (await browser.open()).logInAndWait();
  await desk.page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await desk.fill();
  const token = await desk.makeToken();
  await desk.copy("Token").click();
  await desk.token.focus();
  await desk.page.keyboard.press("Control+V");
  await checkSoon("it works where browsers have no clipboard for pages, too", () => desk.token.inputValue(), token);
  await desk.page.context().close();
}

async function testQrCode(desk, token) {
  for (const colorScheme of ["light", "dark"]) {
    await desk.page.emulateMedia({ colorScheme });
    await desk.press("QR code");
    const code = desk.page.getByRole("img", { name: "QR code" });
    check(`a phone reads the token from the QR code (${colorScheme})`, await readQrCode(desk.page, await code.screenshot()), token);
    await desk.page.keyboard.press("Escape");
    check("which Escape closes", await code.isVisible(), false);
  }
  await desk.page.emulateMedia({ colorScheme: "light" });
}

// What the copied statement gives in psql, as its payload
async function runCopied(desk) {
  await desk.copy("The same in SQL").click();
  const statement = await clipboard(desk)();
  check("the statement is copied as it is shown", statement, await desk.sql.innerText());
  return payloadOf(execFileSync("psql", ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"], { input: statement }).toString().trim());
}

async function testSql(desk) {
  await desk.fill({ lasts: 90, permissions: ["ask_join"] });
  const { exp, iat, jti, ...claims } = await runCopied(desk);
  check("the SQL runs as it stands, and gives the same token", { ...claims, lasts: exp - iat },
    { apikey, roomId: ROOM, participantId: "alice", version: 2, permissions: (list) => String(list) === "ask_join", roles: (list) => String(list) === "rtc", lasts: 5400 });
  for (const participant of ["o'clock", "back\\slash", "''\\';--", "$$x$$", "\u202egnp", texts.templates, texts.SQL.replaceAll(" ", "")]) {
    await desk.fill({ participant });
    check(`also for ${JSON.stringify(participant)}`, (await runCopied(desk)).participantId, participant);
  }
  await desk.make.getByRole("radio", { name: "later" }).check();
  await checkSoon("with a later start, the payload has nbf", json(desk.payload), ({ nbf, exp }) => exp - nbf === 5400);
  const { nbf } = await json(desk.payload)();
  check("and so has that of the SQL", await runCopied(desk), { nbf, exp: nbf + 5400 });
  await desk.make.getByRole("radio", { name: "now" }).check();
}

async function testAskJoin(desk) {
  const checked = () => desk.make.getByRole("checkbox", { checked: true }).evaluateAll((boxes) => boxes.map(({ value }) => value));
  const said = () => desk.describe(desk.permission("ask_join"));
  await desk.fill({ permissions: ["allow_join", "allow_mod"] });
  await desk.permission("ask_join").check();
  check("ask_join clears the others", await checked(), ["ask_join"]);
  await checkSoon("and says why, beside it", said, /ask_join[^]*alone[^]*4008/);
  await desk.permission("allow_mod").check();
  check("another clears ask_join", await checked(), ["allow_mod"]);
  await checkSoon("allow_mod alone is the database's error, beside the permissions", said, /"permissions"[^]*"allow_mod"/);
  await desk.permission("allow_join").check();
  await checkSoon("which goes when it is mended", desk.invalid, []);
}

async function testLimits(desk) {
  check("the limit is shown", await desk.make.innerText(), /at most 2 hours/);
  for (const [name, isEnabled] of Object.entries({ "15 min": true, "1 h": true, "2 h": true, "8 h": false, "24 h": false }))
    check(`the preset ${name} is ${isEnabled ? "there" : "disabled"}`, await desk.make.getByRole("button", { name, exact: true }).isEnabled(), isEnabled);
  const role = desk.make.getByLabel("Role");
  check("a role that the server does not sign is disabled", await role.locator("option:disabled").evaluateAll((all) => all.map(({ value }) => value)), ["crawler"]);
  check("and why is beside it", await desk.describe(role), /does not sign crawler/);
}

const inBerlin = (time) => new Date(time).toLocaleString("sv-SE", { timeZone: "Europe/Berlin" }).slice(0, 16).replace(" ", "T");

// The time of day that is so many seconds from now, or was a minute ago
const near = (seconds) => (text) => [-60, 0].some((late) => text.includes(inBerlin(Date.now() + (seconds + late) * 1000).slice(11)));

// The limit counts from now, so that what has begun may last longer
async function testPast(desk) {
  await desk.fill({ lasts: 150 });
  await desk.make.getByRole("radio", { name: "later" }).check();
  await desk.make.getByLabel("Start at").fill(inBerlin(Date.now() - 3600_000));
  await checkSoon("a start in the past is taken", json(desk.payload), ({ nbf, exp }) => exp - nbf === 9000);
  check("and said to be one", await desk.describe(desk.make.getByLabel("Start at")), /UTC\. The token is good at once/);
  await desk.fill({ lasts: 30 });
  await checkSoon("what would end before now is refused", () => desk.errorOf(desk.make.getByLabel("How many")), /expires_in/);
  await desk.make.getByRole("radio", { name: "now" }).check();
  await desk.fill({ lasts: 60 });
  await checkSoon("which goes when it is mended", desk.invalid, []);
}

// The clock that counts is the database's
async function testClock(browser) {
  const desk = await browser.open();
  await desk.page.clock.setFixedTime(Date.now() + 3 * 3600_000);
  await desk.logInAndWait();
  await desk.fill();
  await checkSoon("where the browser's clock is wrong, the end is right", () => desk.describe(desk.make.getByLabel("How many")), near(3600));
  await desk.makeToken();
  check("so is when it was made", await desk.describe(desk.made), near(0));
  await desk.make.getByRole("radio", { name: "later" }).check();
  check("and a later start", await desk.make.getByLabel("Start at").inputValue(), near(900));
  await checkSoon("with its limit", () => desk.make.getByRole("button", { name: "2 h", exact: true }).isEnabled(), false);
  check("and no other", await desk.make.getByRole("button", { name: "1 h", exact: true }).isEnabled(), true);
  check("it is said to be later", await desk.describe(desk.make.getByLabel("Start at")), /Earlier, VideoSDK refuses/);
  await desk.page.context().close();
}

// [ what, what is filled in, the field that is marked, what is said beside it ]
const errors = [
  ["no room", { room: "" }, "Room", /"roomId"[^]*Found ""/],
  ["a blank in the room", { room: "a b" }, "Room", /"roomId"[^]*white space[^]*Found "a b"[^]*400\d/],
  ["no participant", { participant: "" }, "Participant", /"participantId"/],
  ["a blank in the participant", { participant: "a b" }, "Participant", /"participantId"[^]*white space[^]*Found "a b"[^]*4004/],
  ["a NUL in the room", { room: "a\u0000b" }, "Room", /character/],
  ["half of a surrogate pair in the participant", { participant: "a\ud800b" }, "Participant", /character/],
  ["a participant who is banned", { participant: "mallory" }, "Participant", /banned/],
  ["a room of another account", { room: "7wzr-kdpc-88qa" }, "Room", /another account/],
  ["no permissions", { permissions: [] }, "Permissions", /"permissions"/],
  ["121 minutes", { lasts: 121 }, "How many", /longer[^]*2 hours/],
  ["no minutes", { lasts: 0 }, "How many", /second/],
  ["less than none", { lasts: -5 }, "How many", /second/],
  ["a million minutes", { lasts: 1e6 }, "How many", /longer[^]*2 hours/],
  ["nothing to last", { lasts: "" }, "How many", /expires_in|lasts/],
];

async function testErrors(desk) {
  run("INSERT INTO app.bans VALUES ('mallory')");
  run("INSERT INTO app.meetings VALUES (9, 'x', 'college', '7wzr-kdpc-88qa', now(), now() + interval '1 hour')");
  for (const [what, values, label, said] of errors) {
    const field = label === "Permissions" ? desk.permission("ask_join") : desk.make.getByLabel(label);
    await desk.fill({ permissions: ["allow_join"], lasts: 60, ...values });
    await checkSoon(`${what}: marked, and nothing else`, async () =>
      [...new Set((await desk.invalid()).map((name) => (/_/.test(name) ? "Permissions" : name)))], [label]);
    await checkSoon(`${what}: said beside the field, before it is made`, () => desk.describe(field), said);
    const before = query("SELECT count(*) FROM app.issued_tokens");
    await desk.press("Make the token");
    await checkSoon(`${what}: the same when it is to be made`, () => desk.describe(field), said);
    check(`${what}: no token is made`, query("SELECT count(*) FROM app.issued_tokens"), before);
  }
  run("DELETE FROM app.bans; DELETE FROM app.meetings WHERE id = 9");
  await desk.fill({ permissions: ["allow_join"], lasts: 60 });
  await checkSoon("nothing is marked once it is mended", desk.invalid, []);
  await desk.makeToken();
}

export async function testMaking(browser) {
  const desk = await browser.open({ permissions: ["clipboard-read", "clipboard-write"] });
  await desk.logInAndWait();
  await testLimits(desk);
  await testPreview(desk);
  const token = await testToken(desk);
  await testCopying(desk, token);
  await testQrCode(desk, token);
  await testSql(desk);
  await testAskJoin(desk);
  await testErrors(desk);
  await testPast(desk);
  await desk.page.context().close();
  await testCopyingWithout(browser);
  await testClock(browser);
  browser.reportFaults("tokens are made");
}
