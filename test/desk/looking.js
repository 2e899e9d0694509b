// Look: what the page says of a token, and that it says so while time passes

import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../postgrest/database.js";
import { after, payloadOf } from "../postgrest/jwt.js";
import { check, checkSoon } from "../postgrest/report.js";
import { ROOM, claims, forge, sign, signBytes } from "./tokens.js";

const decorations = (desk, part) => desk.segments.locator(part).evaluate((element) => {
  const { color, textDecorationStyle } = getComputedStyle(element);
  return { text: element.innerText, color, textDecorationStyle };
});

async function testSegments(desk, token) {
  const parts = await Promise.all([".header", ".payload", ".signature"].map((part) => decorations(desk, part)));
  check("three segments are shown", parts.map(({ text }) => text), token.split("."));
  for (const property of ["color", "textDecorationStyle"])
    check(`each with a ${property} of its own`, new Set(parts.map((part) => part[property])).size, 3);
}

async function testContent(desk) {
  const token = sign({ nbf: after(-30), iat: after(-60), jti: "x" });
  await desk.lookInto(token, { room: ROOM, participant: "alice" });
  check("a good token is valid", await desk.status(), "valid");
  await testSegments(desk, token);
  check("its header is shown", JSON.parse(await desk.header.innerText()), { alg: "HS256", typ: "JWT" });
  check("its payload is shown", JSON.parse(await desk.payloadOfToken.innerText()), payloadOf(token));
  check("each member on a line of its own", (await desk.payloadOfToken.innerText()).split("\n").length, Object.keys(payloadOf(token)).length + 2);
}

const clock = (seconds, timeZone) => new Date(seconds * 1000).toLocaleTimeString("en-GB", { timeZone });

async function testTimes(desk) {
  const [iat, nbf, exp] = [after(-90), after(-30), after(3600)];
  await desk.lookInto(sign({ iat, nbf, exp }));
  for (const [name, time] of [["Issued", iat], ["Not before", nbf], ["Expires", exp]]) {
    const row = await desk.time(name).innerText();
    check(`${name}: in the reader's zone and in UTC`, [clock(time, "Europe/Berlin"), clock(time, "UTC")].every((text) => row.includes(text)), true);
  }
  check("how long ago it was issued", await desk.time("Issued").innerText(), /1 min 3\d s ago/);
  const first = await desk.time("Expires").innerText();
  check("how long it lasts", first, /in 59 min \d+ s|in 1 h/);
  await checkSoon("and that is counted down", async () => (await desk.time("Expires").innerText()) !== first, true);
}

// [ what, token, status, detail ]
const tokens = () => [
  ["expired", sign({ exp: after(-60) }), "expired", /\S/],
  ["not valid yet", sign({ nbf: after(60) }), "not yet valid", /\S/],
  ["forged", forge({}), "bad signature", /signature/],
  ["without permissions", sign({ permissions: undefined }), "bad payload", /"permissions"/],
  ["of another account", sign({ apikey: "another" }), "bad payload", /apikey/],
  ["cut off", sign().slice(0, -11), "bad signature", /\S/],
  ["no token", "hello", "malformed", /\S/],
  ["a JWE's five segments", `${sign()}.a.b`, "malformed", /\S/],
];

async function testStatus(desk) {
  const looks = new Map();
  for (const [what, token, status, detail] of tokens()) {
    await desk.lookInto(token);
    await checkSoon(`a token that is ${what}: ${status}`, desk.status, status);
    check(`with the detail`, await desk.section("Is it valid?").innerText(), detail);
    const icon = await desk.section("Is it valid?").locator("svg use").getAttribute("href");
    looks.set(icon, status);
  }
  await desk.lookInto(sign());
  await checkSoon("and a good one again", desk.status, "valid");
  const good = await desk.section("Is it valid?").locator("svg use").getAttribute("href");
  check("what is valid has an icon that nothing else has", looks.has(good), false);
  await desk.lookInto(forge({ roomId: "x" }));
  await checkSoon("a forger's words are shown, and called that", () => desk.look.innerText(), /not (be |to be )?trust[^]*"roomId": "x"/i);
  await desk.lookInto(sign());
  await checkSoon("those of a good token are not", () => desk.look.innerText(), (text) => !/not (be |to be )?trust/i.test(text));
}

// [ what, token, room, participant, answer ]
const joins = () => [
  ["as it is meant", sign(), ROOM, "alice", /^Yes/],
  ["with ask_join", sign({ permissions: ["ask_join"] }), ROOM, "alice", /asking/i],
  ["another room", sign(), "9fqx-tmbe-21hd", "alice", /4022[^]*UNAUTHORIZED_MEETING_ID[^]*9fqx-tmbe-21hd/],
  ["another participant", sign(), ROOM, "bob", /4023[^]*UNAUTHORIZED_PARTICIPANT_ID[^]*bob/],
  ["an expired token", sign({ exp: after(-60) }), ROOM, "alice", /4002[^]*INVALID_TOKEN/],
  ["a blank in the participant", sign(), ROOM, "a b", /4004[^]*INVALID_PARTICIPANT_ID/],
  ["no token", "hello", ROOM, "alice", /4002/],
  ["no room and no participant", sign(), "", "", /needs a room and a participant/],
];

async function testJoining(desk) {
  for (const [what, token, room, participant, answer] of joins()) {
    await desk.lookInto(token, { room, participant });
    await checkSoon(`what VideoSDK answers: ${what}`, () => desk.section("Will VideoSDK let the client in?").locator(".status").innerText(), answer);
  }
}

// [ what is around it, what is said ]
const wrappings = (token) => [
  [`Bearer ${token}`, /Bearer/], [`bearer  ${token}`, /Bearer/], [`"${token}"`, /quotes/], [`'${token}'`, /quotes/], [`\u201c${token}\u201d`, /quotes/],
  [`  ${token}\n`, /blanks/], [`"Bearer ${token}" `, /blanks|quotes/], [`\u00a0${token}\ufeff`, /blanks/],
];

async function testTidying(desk, browser) {
  const token = sign();
  for (const [text, said] of wrappings(token)) {
    await desk.lookInto(text);
    await checkSoon(`${JSON.stringify(text.replace(token, "…"))}: what is around it is pointed out`, () => desk.describe(desk.token), said);
    check("and not sent", JSON.parse(browser.requests.at(-1).body).token, token);
    check("so the token is valid", await desk.status(), "valid");
  }
  await desk.lookInto(token);
  await checkSoon("nothing is pointed out of a clean one", () => desk.describe(desk.token), (text) => !/Bearer|quotes|blanks/.test(text));
}

async function testLedger(desk) {
  await desk.fill({ participant: "erin" });
  const token = await desk.makeToken();
  await desk.press("Look into it");
  await checkSoon("Look into it: the token that was made, its room and its participant", async () =>
    [await desk.token.inputValue(), await desk.status(), await desk.section("Will VideoSDK let the client in?").locator("strong").innerText()], [token, "valid", "Yes"]);
  check("with who made it", await desk.section("Is it valid?").innerText(), /carol/);
  run(`UPDATE app.issued_tokens SET revoked_at = now() WHERE jti = '${payloadOf(token).jti}'`);
  await desk.press("Look", desk.look);
  await checkSoon("once it is revoked, the page says so", desk.status, "revoked");
  const other = await desk.makeToken();
  run("INSERT INTO app.bans VALUES ('erin')");
  await desk.lookInto(other);
  await checkSoon("also of a participant who is banned", desk.status, "revoked");
  run("DELETE FROM app.bans");
}

// Nobody touches the page meanwhile
async function testCountdown(desk) {
  await desk.lookInto(sign({ nbf: after(2), exp: after(5) }), { room: ROOM, participant: "alice" });
  await checkSoon("a token whose time is to come", desk.status, "not yet valid");
  await checkSoon("becomes valid while it is watched", desk.status, "valid");
  await checkSoon("and so does the answer of VideoSDK", () => desk.section("Will VideoSDK let the client in?").locator("strong").innerText(), "Yes");
  await checkSoon("and it expires while it is watched", desk.status, "expired");
  await checkSoon("which the answer of VideoSDK knows", () => desk.section("Will VideoSDK let the client in?").innerText(), /4002/);
  await checkSoon("and the countdown counts on", () => desk.time("Expires").innerText(), /\d s ago/);
  check("it was said to a screen reader", await desk.page.getByRole("status").first().innerText(), /expired/i);
}

export async function testLooking(browser) {
  const desk = await (await browser.open()).logInAndWait();
  await testContent(desk);
  await testTimes(desk);
  await testStatus(desk);
  await testJoining(desk);
  await testTidying(desk, browser);
  await testLedger(desk);
  await testCountdown(desk);
  await desk.page.context().close();
  browser.reportFaults("tokens are looked into");
}
