// Where no token and no login may be: what the browser keeps, URLs, and the logs

import { readFileSync } from "node:fs";
import { secrets } from "../postgrest/database.js";
import { check } from "../postgrest/report.js";

// All that a page leaves in its browser
async function remains(page) {
  const { cookies, origins } = await page.context().storageState({ indexedDB: true });
  const kept = await page.evaluate(async () => ({
    local: { ...localStorage }, session: { ...sessionStorage }, state: history.state, name: window.name, cookie: document.cookie,
    databases: await indexedDB.databases(), caches: await caches.keys(), workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  return { cookies, origins, ...kept };
}

const nothing = { cookies: [], origins: [], local: {}, session: {}, state: null, name: "", cookie: "", databases: [], caches: [], workers: 0 };

export async function checkRemains(when, page, url) {
  const kept = await remains(page);
  check(`${when}, the browser keeps nothing: cookies, storage, databases, caches, history`, kept, () => JSON.stringify(kept) === JSON.stringify(nothing));
  check("the URL is as it was, and the history is that of two pages", [page.url(), await page.evaluate(() => history.length)], [`${url}/rpc/desk`, 2]);
}

// The signatures of all tokens and logins that were sent
const signatures = (requests) => {
  const sent = requests.map(({ body, login }) => `${body} ${login}`).join("\n");
  return [...new Set([...sent.matchAll(/eyJ[\w-]+\.[\w-]+\.([\w-]{43})/g)].map(([, signature]) => signature))];
};

export function testSecrecy(requests, postgrest) {
  const traces = [...signatures(requests), ...secrets()];
  const texts = {
    "a URL": [requests.map(({ method, url }) => `${method} ${url}`).join("\n"), ""],
    "PostgREST's log": [postgrest.log, "/rpc/desk"],
    "the server's log": [readFileSync(process.env.SERVER_LOG, "utf8"), "LOG: "],
  };
  for (const [name, [text, known]] of Object.entries(texts)) {
    check(`${name} would show tokens, logins and secrets`, [text.includes(known), traces.length > 0], [true, true]);
    check(`${name} shows none of them`, traces.filter((trace) => text.includes(trace)), []);
  }
  check("all that is sent is sent by POST", requests.filter(({ method, url }) => method !== "POST" && !url.endsWith("/rpc/desk")), []);
}
