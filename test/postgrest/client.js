// An HTTP client, which keeps all answers

import { after, signJwt } from "./jwt.js";
import { JWT_SECRET } from "./server.js";

export const login = (claims) => signJwt({ role: "web_user", exp: after(600), ...claims }, JWT_SECRET);

export class Client {
  answers = "";

  constructor(url) {
    this.url = url;
  }

  // user: the claim "sub", or all claims; or jwt: the JWT itself; or nobody
  async send(method, path, { user, jwt, body, headers } = {}) {
    const claims = typeof user === "string" ? { sub: user } : user;
    const bearer = jwt ?? (claims && login(claims));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
    return this.keep(response, await response.text());
  }

  keep({ status, headers }, text) {
    const [type] = (headers.get("Content-Type") ?? "").split(";");
    this.answers += `${status} ${JSON.stringify([...headers])}\n${text}\n`;
    return { status, headers, body: text && /json$/.test(type) ? JSON.parse(text) : text };
  }

  get = (path, options) => this.send("GET", path, options);
  call = (name, body, options) => this.send("POST", `/rpc/${name}`, { body, ...options });
  join = (user, meeting, options) => this.call("join_meeting", { meeting }, { user, ...options });
  validate = (token, options) => this.call("validate_token", { token }, { user: "bob", ...options });
}
