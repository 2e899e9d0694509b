// The fake of VideoSDK's REST API as a process, and ways to it

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { VideoSDK } from "@videosdk.live/server-sdk";

const { VIDEOSDK_APIKEY: apikey, VIDEOSDK_SECRET: secret } = process.env;

export class Fake {
  async start() {
    this.folder = mkdtempSync(`${tmpdir()}/videosdk_token.`);
    const [key, cert] = [`${this.folder}/key.pem`, `${this.folder}/cert.pem`];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
      "-subj", "/CN=api.videosdk.live", "-addext", "subjectAltName=DNS:api.videosdk.live"], { stdio: "ignore" });
    this.ca = readFileSync(cert);
    const env = { ...process.env, VIDEOSDK_ACCOUNTS: JSON.stringify({ [apikey]: secret, other: "another secret" }) };
    const program = fileURLToPath(new URL("videosdk_api.js", import.meta.url));
    this.process = spawn("node", [program, key, cert], { env, stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(this.process.stdout, "data");
    this.port = Number(line);
    writeFileSync(`${this.folder}/.curlrc`, `connect-to = "api.videosdk.live:443:127.0.0.1:${this.port}"\ncacert = "${cert}"\n`);
  }

  // As the global fetch, but for whom it asks
  fetch = async (url, { method, headers, body }) => {
    const { hostname: servername, pathname: path } = new URL(url);
    const sent = request({ host: "127.0.0.1", port: this.port, servername, path, method, headers, ca: this.ca }).end(body);
    const [response] = await once(sent, "response");
    return new Response((await response.toArray()).join(""), { status: response.statusCode });
  };

  as = (token) => new VideoSDK({ token, fetch: this.fetch, maxRetries: 0 });

  // With this as its HOME, curl asks the fake in the place of VideoSDK
  get home() {
    return this.folder;
  }

  // True if it has gone
  async stop() {
    const ended = once(this.process, "exit");
    this.process.stdin.end();
    const [code] = await ended;
    rmSync(this.folder, { recursive: true });
    return code === 0;
  }
}
