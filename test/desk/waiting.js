// A server that answers late, or never

import { payloadOf } from "../postgrest/jwt.js";
import { check, checkSoon } from "../postgrest/report.js";
import { sign } from "./tokens.js";

// Keep the next request of this function from the server; resolves to what lets it pass
async function hold(desk, name) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await desk.page.route(new RegExp(`/rpc/${name}$`), async (route) => {
    await released;
    await route.continue().catch(() => {}); // it may have been given up
  }, { times: 1 });
  return release;
}

const participant = (desk) => desk.make.getByLabel("Participant");
const payload = (desk) => () => desk.payload.innerText();
const isStale = (desk) => desk.made.evaluate((box) => box.classList.contains("stale"));

async function begin(desk) {
  await desk.fill();
  await checkSoon("a payload is there", payload(desk), /"participantId": "alice"/);
}

// Have a token made, and the answer come after these fields have been changed
async function makeAndChange(desk, values, changed) {
  const before = await desk.made.innerText();
  const release = await hold(desk, "make");
  const asked = desk.page.waitForRequest(/\/rpc\/make$/);
  await desk.press("Make the token");
  await asked;
  await desk.fill(values);
  await changed();
  release();
  await checkSoon("a token whose fields change while it is made is there", async () => (await desk.made.innerText()) !== before, true);
  await checkSoon("and is told from what stands in the fields", () => desk.describe(desk.made), /before you changed the fields/);
  check("also by its colour", await isStale(desk), true);
}

async function testMeanwhile(desk) {
  await begin(desk);
  await makeAndChange(desk, { participant: "a b" }, () => checkSoon("an error of the new fields", () => desk.errorOf(participant(desk)), /white space/));
  check("the error stays when the token comes", [await desk.errorOf(participant(desk)), await desk.invalid()], ([text, names]) => /white space/.test(text) && String(names) === "Participant");
  await desk.fill();
  await checkSoon("once the fields are as they were, the token is theirs", () => desk.describe(desk.made), /^Made, and/);
  check("also by its colour", await isStale(desk), false);
  await makeAndChange(desk, { participant: "bob" }, () => checkSoon("a payload of the new fields", payload(desk), /"participantId": "bob"/));
  check("the payload stays when the token comes", await payload(desk)(), /"participantId": "bob"/);
  check("which is as it was asked for", payloadOf((await desk.made.innerText()).trim()).participantId, "alice");
  await desk.press("Look into it");
  check("Look into it asks about its own participant", await desk.look.getByLabel("participant").inputValue(), "alice");
}

async function testLateLook(desk) {
  await desk.lookInto(sign());
  check("a token is valid", await desk.status(), "valid");
  const release = await hold(desk, "look");
  await desk.token.fill(sign({ exp: 1 }));
  await checkSoon("until there is an answer about another one, it is being checked", desk.status, "being checked");
  release();
  await checkSoon("and then is what it is", desk.status, "expired");
}

async function testLoggingOut(desk) {
  await begin(desk);
  const release = await hold(desk, "make");
  const asked = desk.page.waitForRequest(/\/rpc\/make$/);
  await desk.press("Make the token");
  await asked;
  await desk.logOut();
  await desk.logInAndWait();
  await desk.fill({ participant: "second" });
  check("who logs out while a token is made can make another", payloadOf(await desk.makeToken()).participantId, "second");
  release();
}

// The page's 15 seconds are fewer here, when the test says so
function hurry() {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (time) => timeout.call(AbortSignal, window.isHurried ? time / 15 : time);
}

async function testNever(browser) {
  const user = await browser.user();
  await user.addInitScript(hurry);
  const desk = await (await browser.open({ user })).logInAndWait();
  await begin(desk);
  const releases = [await hold(desk, "make"), await hold(desk, "look")];
  await desk.page.evaluate(() => (window.isHurried = true));
  await desk.press("Make the token");
  await checkSoon("a server that does not answer is given up", () => desk.make.innerText(), /has not answered for 15 seconds/);
  await desk.token.fill(sign());
  await checkSoon("in Look, too", () => desk.describe(desk.token), /has not answered for 15 seconds/);
  check("where it is no answer", await desk.status(), "no answer");
  await desk.page.evaluate(() => (window.isHurried = false));
  check("and Make works again", payloadOf(await desk.makeToken()).participantId, "alice");
  for (const release of releases) release();
  await user.close();
}

export async function testWaiting(browser) {
  const desk = await (await browser.open()).logInAndWait();
  await testMeanwhile(desk);
  await testLateLook(desk);
  await testLoggingOut(desk);
  await desk.page.context().close();
  await testNever(browser);
  browser.reportFaults("the server is slow");
}
