// Who gets in, what the page says to who does not, two tabs, and a PostgREST that goes away under the page

import { setTimeout as sleep } from "node:timers/promises";
import { login } from "../postgrest/client.js";
import { query } from "../postgrest/database.js";
import { after, signJwt } from "../postgrest/jwt.js";
import { check, checkSoon } from "../postgrest/report.js";
import { Postgrest } from "../postgrest/server.js";
import { Browser } from "./browser.js";
import { checkRemains } from "./secrecy.js";
import { sign } from "./tokens.js";

const carol = { sub: "carol", role: "desk_user" };

// [ what, login, what is said beside the box ]
const logins = () => [
  ["of web_user", login({ sub: "bob" }), /desk_user/],
  ["of anon", login({ sub: "bob", role: "anon" }), /desk_user/],
  ["without a role", login({ sub: "bob", role: undefined }), /desk_user/],
  ["of a role that there is not", login({ sub: "bob", role: "nobody_of_this_name" }), /role/],
  ["that has expired", login({ ...carol, exp: after(-60) }), /expired/],
  ["signed by somebody else", signJwt({ ...carol, exp: after(60) }, "guessed"), /\S{3}/],
  ["that is no JWT", "hello", /\S{3}/],
  ["that is empty", "", /\S{3}/],
  ["with letters that no header takes", "\u00e9\u4e2d\u0000\n", /\S{3}/],
  ["that is a token of VideoSDK", sign(), /\S{3}/],
];

async function testLogins(desk) {
  check("the page begins with a login box, and nothing else", [await desk.jwt.isVisible(), await desk.make.isVisible(), await desk.look.isVisible()], [true, false, false]);
  check("where one can type at once", await desk.jwt.evaluate((box) => box === document.activeElement), true);
  for (const [what, jwt, said] of logins()) {
    await desk.logIn(jwt);
    await checkSoon(`a login ${what} does not get in, and the box says why`, () => desk.errorOf(desk.jwt), said);
    check("and stays", [await desk.jwt.isVisible(), await desk.make.isVisible()], [true, false]);
  }
  await desk.logIn(`Bearer ${login(carol)}\n`);
  await desk.make.waitFor();
  check("a login of desk_user does, also after Bearer", await desk.page.getByRole("banner").innerText(), /carol/);
  check("and is not in the box any more", await desk.jwt.inputValue(), "");
}

// The first answer comes after the second
async function testTwoAttempts(desk) {
  let isFirst = true;
  await desk.page.route(/\/rpc\/limits$/, async (route) => {
    const isLate = isFirst;
    isFirst = false;
    if (isLate) await sleep(1000);
    await route.continue().catch(() => {}); // it may have been given up
  });
  await desk.logOut();
  await desk.logIn(login({ sub: "bob" }));
  await desk.logInAndWait(carol);
  await sleep(1500);
  await desk.lookInto(sign());
  await checkSoon("of two attempts to log in, the last one counts", desk.status, "valid");
  await desk.page.unroute(/\/rpc\/limits$/);
}

// While the page is open.  PostgREST takes a login for 30 seconds more.
async function testExpiry(desk) {
  await desk.logOut();
  await desk.logInAndWait({ ...carol, exp: after(-26) });
  await sleep(5000);
  await desk.fill({ participant: "written" });
  await checkSoon("a login that expires while the page is open: the login box is back, with the reason", () => desk.errorOf(desk.jwt), /expired/);
  check("and nothing else", [await desk.jwt.isVisible(), await desk.make.isVisible()], [true, false]);
  await desk.logInAndWait(carol);
  check("what was written is still there after the next login", await desk.make.getByLabel("Participant").inputValue(), /written/);
}

// Who logs in after that may be another
async function testAnother(desk) {
  await desk.fill({ participant: "of-carol" });
  const token = await desk.makeToken();
  await desk.lookInto(token);
  await desk.page.route(/\/rpc\/look$/, (route) => route.fulfill({ status: 401, json: { code: "PGRST301", message: "JWT expired" } }), { times: 1 });
  await desk.press("Look", desk.look);
  await checkSoon("a login expires", () => desk.errorOf(desk.jwt), /expired/);
  await desk.logInAndWait({ ...carol, sub: "dave" });
  const html = await desk.page.evaluate(() => document.querySelector("main").innerHTML + [...document.querySelectorAll("input, textarea")].map(({ value }) => value));
  check("another user's login after that shows nothing of the first", html.match(/of-carol|eyJ.{20}/g), null);
}

async function testLoggingOut(desk) {
  await desk.fill();
  const token = await desk.makeToken();
  await desk.lookInto(token);
  await desk.logOut();
  const html = () => desk.page.evaluate(() => document.documentElement.outerHTML + [...document.querySelectorAll("input, textarea")].map(({ value }) => value));
  check("after Log out there is the login box", [await desk.jwt.isVisible(), await desk.make.isVisible()], [true, false]);
  check("and no token in the page any more", (await html()).replace(/<script>[^]*?<\/script>/g, "").match(/eyJ.{20}/g), null);
  await desk.logInAndWait(carol);
}

async function testTabs(browser) {
  const user = await browser.user();
  const [one, other] = [await browser.open({ user }), await browser.open({ user })];
  await one.logInAndWait(carol);
  check("a login in one tab is none in another", [await other.jwt.isVisible(), await other.make.isVisible()], [true, false]);
  await other.logInAndWait({ ...carol, sub: "dave" });
  await one.fill({ participant: "tab-of-carol" });
  await other.fill({ participant: "tab-of-dave" });
  await Promise.all([one.makeToken(), other.makeToken()]);
  check("two tabs are two users", query(`SELECT participant_id, issued_by FROM app.issued_tokens WHERE participant_id LIKE 'tab-of-%' ORDER BY 1`),
    [{ participant_id: "tab-of-carol", issued_by: "carol" }, { participant_id: "tab-of-dave", issued_by: "dave" }]);
  await other.logOut();
  await one.lookInto(sign());
  await checkSoon("who logs out of one stays in the other", one.status, "valid");
  await one.page.reload();
  check("a reload forgets the login", [await one.jwt.isVisible(), await one.make.isVisible()], [true, false]);
  await user.close();
}

// The page stays as it is, says that nobody answers, and works on when somebody does
async function testRestart(desk, postgrest) {
  await desk.fill({ participant: "patient" });
  await desk.lookInto(sign());
  check("PostgREST ends", await postgrest.stop(), true);
  await desk.press("Make the token");
  await checkSoon("without PostgREST, Make says that nobody answers", () => desk.make.innerText(), /does not answer/);
  await desk.press("Look", desk.look);
  await checkSoon("and so does Look", () => desk.look.innerText(), /does not answer/);
  await postgrest.start();
  await desk.makeToken();
  check("once it is back, the login and what was written are still good",
    query("SELECT issued_by FROM app.issued_tokens WHERE participant_id = 'patient'"), [{ issued_by: "carol" }]);
  await desk.lookInto(sign());
  await checkSoon("in Look, too", desk.status, "valid");
}

// A PostgREST that does not serve the schema desk
async function testSchemas() {
  const postgrest = new Postgrest("meetings", "api");
  await postgrest.start();
  const browser = new Browser(postgrest.url);
  await browser.start();
  const desk = await browser.open();
  await desk.logIn(carol);
  await checkSoon("where PostgREST does not serve the schema desk, the page says what to set", () => desk.errorOf(desk.jwt), /db-schemas = "api, desk"/);
  await browser.stop();
  await postgrest.stop();
  browser.reportFaults("PostgREST does not serve the schema desk", /status of 406/);
}

export async function testAccess(browser, postgrest) {
  const desk = await browser.open();
  await testLogins(desk);
  await testTwoAttempts(desk);
  await testExpiry(desk);
  await testAnother(desk);
  await testLoggingOut(desk);
  await testTabs(browser);
  browser.reportFaults("people log in");
  await testRestart(desk, postgrest);
  await checkRemains("after all this", desk.page, browser.url);
  await desk.page.context().close();
  browser.reportFaults("PostgREST is restarted", /net::ERR_(CONNECTION_\w+|EMPTY_RESPONSE)/);
  await testSchemas();
}
