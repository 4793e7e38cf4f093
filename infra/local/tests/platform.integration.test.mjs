// make up, down and reset with stand-ins for our two programs and a real private PostgreSQL.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { alive, freePort, local, Platform } from "./local-scripts.mjs";

const names = ["postgres", "simulator", "standalone"];

async function started(platform) {
  const { code, stderr } = await platform.make("up");
  assert.equal(code, 0, stderr);
}

test("up starts all, a second up keeps all, down leaves none", async (t) => {
  const platform = await Platform.create(t);
  const first = await platform.make("up");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /demo1234/);
  const pids = names.map((name) => platform.pid(name));
  assert.ok(pids.every(alive));
  assert.equal(statSync(join(platform.runDir, "admin-key")).mode & 0o777, 0o600);
  assert.match(platform.text("admin-key"), /^[0-9a-f]{64}$/);
  assert.match(platform.text("ports"), /^POSTGRES_PORT=\d+\nSMSC_HTTP_PORT=\d+\n$/);

  await started(platform);
  assert.deepEqual(names.map((name) => platform.pid(name)), pids);

  assert.equal((await platform.make("down")).code, 0);
  assert.ok(!pids.some(alive));
  assert.match(platform.text("standalone.log"), /stand-in: drained/);
});

test("the platform is given its database, its key file and the demo", async (t) => {
  const platform = await Platform.create(t);
  await started(platform);
  const environment = await (await fetch(`http://127.0.0.1:${platform.env.METRICS_PORT}/environment`)).json();
  assert.match(environment.PLATFORM_DATABASE, /^Host=127\.0\.0\.1;Port=\d+;Username=platform;Password=[0-9a-f]{48};Database=platform$/);
  assert.equal(environment.PLATFORM_DEMO, "1");
  assert.equal(environment.PLATFORM_ADMIN_KEY_FILE, join(platform.runDir, "admin-key"));
  assert.equal(environment.RUN_DIR, platform.runDir);
});

test("up right after kill -9 of any one starts that one again and keeps the others", async (t) => {
  const platform = await Platform.create(t);
  await started(platform);
  for (const name of names) {
    const before = names.map((each) => platform.pid(each));
    process.kill(platform.pid(name), "SIGKILL");
    const again = await platform.make("up");
    assert.equal(again.code, 0, again.stderr);
    names.forEach((each, index) => assert.equal(platform.pid(each) === before[index], each !== name, `${each} after the death of ${name}`));
  }
});

test("stale pid files are replaced, also where the pid is another program's now", async (t) => {
  const platform = await Platform.create(t);
  mkdirSync(platform.runDir);
  for (const name of names) writeFileSync(join(platform.runDir, `${name}.pid`), `${process.pid}\n`);
  await started(platform);
  for (const name of names) assert.notEqual(platform.pid(name), process.pid);
});

test("a busy port stops up before anything starts, and is named with its variable", async (t) => {
  const server = createServer().listen(0, "0.0.0.0");
  t.after(() => server.close());
  await once(server, "listening");
  const port = String(server.address().port);
  const platform = await Platform.create(t, { ADMIN_PORT: port });
  const { code, stderr } = await platform.make("up");
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`nothing was started:\nADMIN_PORT=${port}: the port is taken`));
  assert.equal(platform.pid("postgres"), null);
});

test("a platform that dies while starting fails up with its log, and nothing stays behind", async (t) => {
  const platform = await Platform.create(t);
  const { code, stderr } = await platform.make("up", { STAND_IN: "dies" });
  assert.equal(code, 1);
  assert.match(stderr, /dying as asked/);
  assert.match(stderr, /error: (standalone|simulator) ended while starting/);
  for (const name of names) assert.equal(platform.pid(name), null);
});

test("other ports than those it runs with are refused", async (t) => {
  const platform = await Platform.create(t);
  await started(platform);
  const { code, stderr } = await platform.make("up", { SMPP_PORT: await freePort() });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`runs already, with SMPP_PORT=${platform.env.SMPP_PORT}: make down first`));
});

test("two copies run side by side", async (t) => {
  const [one, two] = [await Platform.create(t), await Platform.create(t)];
  const results = await Promise.all([one.make("up"), two.make("up")]);
  for (const result of results) assert.equal(result.code, 0, result.stderr);
  assert.equal((await one.make("down")).code, 0);
  assert.ok(names.every((name) => alive(two.pid(name))));
});

test("an external operator and a given database start neither simulator nor PostgreSQL", async (t) => {
  const platform = await Platform.create(t, { SMSC: "external", PLATFORM_DATABASE: "Host=elsewhere" });
  await started(platform);
  assert.equal(platform.pid("simulator"), null);
  assert.equal(platform.pid("postgres"), null);
  const environment = await (await fetch(`http://127.0.0.1:${platform.env.METRICS_PORT}/environment`)).json();
  assert.equal(environment.PLATFORM_DATABASE, "Host=elsewhere");
});

test("reset removes the folder that it made, and only its own files from one that was there before", async (t) => {
  const platform = await Platform.create(t);
  await started(platform);
  assert.equal((await platform.make("reset")).code, 0);
  assert.ok(!existsSync(platform.runDir));

  mkdirSync(platform.runDir);
  writeFileSync(join(platform.runDir, "precious"), "kept");
  await started(platform);
  assert.equal((await platform.make("reset")).code, 0);
  assert.equal(platform.text("precious"), "kept");
  assert.ok(!existsSync(join(platform.runDir, "postgres")));
});

// Resolves when the platform is ready, or has ended instead.
async function running(t, platform, env = {}) {
  const child = spawn(join(local, "platform.sh"), ["run"], { env: { ...process.env, ...platform.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.exitCode ?? child.kill("SIGTERM"));
  child.text = "";
  const ready = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        child.text += data;
        if (child.text.includes("Ctrl-C drains")) resolve();
      });
    }
  });
  const closed = once(child, "close").then(([code]) => code);
  await Promise.race([ready, closed]);
  return { child, closed };
}

test("run in the foreground drains and stops everything on Ctrl-C", async (t) => {
  const platform = await Platform.create(t);
  const { child, closed } = await running(t, platform);
  const pids = names.map((name) => platform.pid(name));
  assert.ok(pids.every(alive), child.text);
  child.kill("SIGINT");
  assert.equal(await closed, 0);
  assert.ok(!pids.some(alive));
  assert.match(platform.text("standalone.log"), /stand-in: drained/);
});

test("run in the foreground ends with the log when the platform dies", async (t) => {
  const platform = await Platform.create(t);
  const { child, closed } = await running(t, platform);
  const pids = names.map((name) => platform.pid(name));
  process.kill(platform.pid("standalone"), "SIGKILL");
  assert.equal(await closed, 1);
  assert.match(child.text, /stand-in for the platform[^]*standalone ended by itself/);
  assert.ok(!pids.some(alive));
});
