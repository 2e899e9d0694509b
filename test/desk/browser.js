// Debian's Chromium.  What no page may do is kept as a fault: an error, a violation of its Content-Security-Policy, a message in the
// console, a dialog, a shift of what is on the screen, a request to anybody but PostgREST.

import { chromium } from "playwright-core";
import { report } from "../postgrest/report.js";
import { Desk } from "./page.js";

const PROGRAM = "/usr/bin/chromium";

// Chromium itself asks for updates: these go to a port where nobody listens.
const NOWHERE = { server: "http://127.0.0.1:9", bypass: "127.0.0.1" };

const DEFAULTS = { viewport: { width: 1280, height: 900 }, locale: "en-GB", timezoneId: "Europe/Berlin" };

// The browser says this by itself of each answer that is an error, which the tests expect.
const ANSWER = /^Failed to load resource: the server responded with a status of 40[0134] /;

// Runs in each page before its own script
function watch() {
  const { reportFault } = window;
  document.addEventListener("securitypolicyviolation", (event) =>
    reportFault(`CSP: ${event.effectiveDirective} forbids ${event.blockedURI} ${event.sample}`));
  const name = (node) => (node.id ? `#${node.id}` : `${node.nodeName} "${node.textContent.trim().slice(0, 20)}"`);
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      const moved = sources.map(({ node }) => node).filter(Boolean); // what is inside of an input for dates is not the page's
      if (moved.length > 0) reportFault(`layout shift of ${value}: ${moved.map(name).join(", ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
}

export class Browser {
  faults = [];
  requests = []; // what has been sent: method, URL, body and login

  constructor(url) {
    this.url = url;
  }

  async start() {
    const options = { executablePath: PROGRAM, proxy: NOWHERE, chromiumSandbox: true };
    try {
      this.chromium = await chromium.launch(options);
    } catch {
      console.log("# this machine lets nobody make Chromium's sandbox: without it");
      this.chromium = await chromium.launch({ ...options, chromiumSandbox: false });
    }
  }

  stop = () => this.chromium?.close();

  // What the tabs of one user share; options are Playwright's
  async user(options = {}) {
    const context = await this.chromium.newContext({ ...DEFAULTS, ...options });
    context.setDefaultTimeout(10_000);
    await context.exposeBinding("reportFault", (_, fault) => this.faults.push(fault));
    await context.addInitScript(watch);
    context.on("weberror", (error) => this.faults.push(`error: ${error.error().stack}`));
    context.on("console", (message) => ANSWER.test(message.text()) || this.faults.push(`console: ${message.text()}`));
    context.on("dialog", (dialog) => (this.faults.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
    context.on("request", (request) => this.see(request));
    return context;
  }

  see(request) {
    this.requests.push({ method: request.method(), url: request.url(), body: request.postData(), login: request.headers().authorization });
    if (!request.url().startsWith(`${this.url}/`)) this.faults.push(`request: ${request.url()}`);
  }

  // The desk in a tab of its own, of a user or of a new one with these options
  async open({ user, ...options } = {}) {
    const page = await (user ?? (await this.user(options))).newPage();
    await page.goto(`${this.url}/rpc/desk`);
    return new Desk(page);
  }

  // Report what has gone wrong since the last time; allowed: a pattern of faults that this test provokes
  reportFaults(during, allowed = /^$/) {
    const faults = this.faults.splice(0).filter((fault) => !allowed.test(fault));
    report(`no error, violation, shift or foreign request while ${during}`, [...new Set(faults)].join("\n"));
  }
}
