// The desk as its user has it: what there is to fill in, to press and to read, found by the names that a screen reader says

import { login } from "../postgrest/client.js";

export class Desk {
  constructor(page) {
    this.page = page;
    this.make = page.getByRole("form", { name: "Make a token" });
    this.look = page.getByRole("form", { name: "Look into a token" });
    this.jwt = page.getByLabel("Login JWT");
    this.payload = Desk.box(this.make, "Payload, as it will be signed");
    this.made = Desk.box(this.make, "Token");
    this.sql = Desk.box(this.make, "The same in SQL");
    this.header = Desk.box(this.look, "Header");
    this.payloadOfToken = Desk.box(this.look, "Payload");
    this.segments = Desk.box(this.look, "Segments");
    this.token = this.look.getByLabel("Token", { exact: true });
  }

  // Where text is shown that may be long
  static box = (form, title) => form.getByRole("region", { name: title, exact: true }).getByRole("group");

  // With the claims of a login, or with a JWT as text
  async logIn(who = { sub: "carol", role: "desk_user" }) {
    await this.jwt.fill(typeof who === "string" ? who : login(who));
    await this.page.getByRole("button", { name: "Log in" }).click();
  }

  logOut = () => this.page.getByRole("button", { name: "Log out" }).click();

  async logInAndWait(who) {
    await this.logIn(who);
    await this.make.waitFor();
    return this;
  }

  copy = (what) => this.make.getByRole("region", { name: what, exact: true }).getByRole("button", { name: /^Cop/ });

  // Any text, also half of a surrogate pair, which Playwright does not fill in
  static type = (field, text) => field.evaluate((element, json) => {
    element.value = JSON.parse(json);
    element.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, JSON.stringify(text));

  press = (name, form = this.make) => form.getByRole("button", { name, exact: true }).click();
  permission = (name) => this.make.getByRole("checkbox", { name });

  // A room and a participant, and what else is named: permissions is a list, lasts is minutes
  async fill({ room = "2kyv-gzay-64pg", participant = "alice", permissions, lasts } = {}) {
    await Desk.type(this.make.getByLabel("Room"), room);
    await Desk.type(this.make.getByLabel("Participant"), participant);
    for (const box of permissions ? await this.make.getByRole("checkbox").all() : [])
      await box.setChecked(permissions.includes(await box.getAttribute("value")));
    if (lasts !== undefined) {
      await this.make.getByLabel("Of what").selectOption("minutes");
      await this.make.getByLabel("How many").fill(String(lasts));
    }
  }

  // The token that is made of what has been filled in
  async makeToken() {
    const before = await this.made.innerText();
    await this.press("Make the token");
    await this.page.waitForFunction(([element, text]) => element.innerText !== text, [await this.made.elementHandle(), before]);
    return (await this.made.innerText()).trim();
  }

  // Have the page say what it thinks of a token
  async lookInto(token, { room = "", participant = "" } = {}) {
    const submit = (form, json) => {
      const texts = JSON.parse(json);
      [...form.querySelectorAll("textarea, input")].forEach((field, i) => (field.value = texts[i]));
      form.requestSubmit();
    };
    const answered = this.page.waitForResponse(/\/rpc\/look(\?|$)/).then((response) => response.finished());
    await Promise.all([answered, this.look.evaluate(submit, JSON.stringify([token, room, participant]))]);
    await this.page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  }

  section = (name) => this.look.getByRole("region", { name });
  status = async () => (await this.section("Is it valid?").locator("strong").innerText()).toLowerCase();

  time = (name) => this.look.getByRole("row").filter({ has: this.page.getByRole("rowheader", { name }) });

  // What a screen reader says of a field besides its name; undefined if there is nothing
  describe = (field) => field.evaluate((element) => {
    const ids = (element.getAttribute("aria-describedby") ?? element.closest("fieldset")?.getAttribute("aria-describedby") ?? "").split(" ");
    return ids.map((id) => document.getElementById(id)?.innerText).join("\n");
  });

  // Of that, what is an error
  errorOf = async (field) => {
    const ids = (await field.getAttribute("aria-describedby")).split(" ").map((id) => `#${id}.error`);
    return this.page.evaluate((selector) => document.querySelector(selector)?.innerText ?? "", ids.join(", "));
  };

  // The names of the fields that are marked as wrong
  invalid = () => this.make.locator("[aria-invalid=true]").evaluateAll((fields) =>
    fields.map((field) => field.labels?.[0]?.innerText ?? field.getAttribute("aria-label")));
}
