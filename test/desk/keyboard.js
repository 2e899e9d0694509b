// The page without a mouse: a token is made and looked into, and one sees where one is

import { login } from "../postgrest/client.js";
import { query } from "../postgrest/database.js";
import { check, checkSoon } from "../postgrest/report.js";
import { ROOM } from "./tokens.js";

// In the page: the name of what has the focus, and whether one sees that it has
function focus() {
  const element = document.activeElement;
  const label = element.getAttribute("aria-labelledby");
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return {
    name: (element.labels?.[0] ?? (label && document.getElementById(label)) ?? element).innerText.trim() || element.getAttribute("aria-label"),
    isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && element.matches(":focus-visible"),
    isBody: element === document.body,
  };
}

class Keyboard {
  unseen = [];

  constructor(page) {
    this.page = page;
  }

  press = (key) => this.page.keyboard.press(key);
  type = (text) => this.page.keyboard.insertText(text);
  where = () => this.page.evaluate(focus);

  // Press Tab until this has the focus; false if it never gets it
  async tabTo(name) {
    for (let n = 0; n < 60; n++) {
      await this.press("Tab");
      const { name: found, isSeen, isBody } = await this.where();
      if (!isSeen && !isBody) this.unseen.push(found);
      if (found === name) return true;
    }
    return false;
  }
}

async function logIn(keyboard, desk) {
  await keyboard.type(login({ sub: "keyboard", role: "desk_user" }));
  await keyboard.press("Enter");
  await desk.make.waitFor();
  await checkSoon("after the login, the focus is in the first field", async () => (await keyboard.where()).name, "Room");
}

async function make(keyboard, desk) {
  await keyboard.type(ROOM);
  check("Tab: the participant", await keyboard.tabTo("Participant"), true);
  await keyboard.type("alice");
  check("Tab: allow_mod", await keyboard.tabTo("allow_mod"), true);
  await keyboard.press("Space");
  check("Tab: a preset", await keyboard.tabTo("15 min"), true);
  await keyboard.press("Enter");
  check("Tab: the button", await keyboard.tabTo("Make the token"), true);
  await keyboard.press("Enter");
  await checkSoon("a token is made", () => query("SELECT participant_id, expires_at - issued_at AS lasts FROM app.issued_tokens WHERE issued_by = 'keyboard'"),
    [{ participant_id: "alice", lasts: "00:15:00" }]);
  await checkSoon("and shown", () => desk.made.innerText(), /^eyJ/);
  return (await desk.made.innerText()).trim();
}

async function use(keyboard, desk, token) {
  check("Tab: the QR code", await keyboard.tabTo("QR code"), true);
  await keyboard.press("Enter");
  await checkSoon("it opens, and has the focus", () => desk.page.evaluate(() => document.querySelector("dialog[open]")?.contains(document.activeElement)), true);
  await keyboard.press("Escape");
  check("Escape closes it, and the focus is where it was", (await keyboard.where()).name, "QR code");
  check("Tab: the token that was made, to scroll in it", await keyboard.tabTo("Token"), true);
  check("Tab: the other token", await keyboard.tabTo("Token"), true);
  await keyboard.type(` ${token}`);
  check("Tab: the room", await keyboard.tabTo("Join which room?"), true);
  await keyboard.type(ROOM);
  check("Tab: the participant", await keyboard.tabTo("As which participant?"), true);
  await keyboard.type("alice");
  await keyboard.press("Enter");
  await checkSoon("it is valid", desk.status, "valid");
  await checkSoon("and lets alice in", () => desk.section("Will VideoSDK let the client in?").innerText(), /Yes/);
}

export async function testKeyboard(browser) {
  const desk = await browser.open();
  const keyboard = new Keyboard(desk.page);
  await logIn(keyboard, desk);
  await use(keyboard, desk, await make(keyboard, desk));
  check("one can get everywhere, and out again", await keyboard.tabTo("Log out"), true);
  check("one sees each time where one is", keyboard.unseen, []);
  await desk.page.context().close();
  browser.reportFaults("the keyboard is used alone");
}
