// make up PROFILE=services with stand-ins for our programs, and a real PostgreSQL, Redis and SQS-compatible endpoint.
import assert from "node:assert/strict";
import { test } from "node:test";
import { alive, freeRow, Platform } from "./local-scripts.mjs";

const services = ["smpp-gateway", "router", "workers", "dlr-processor", "admin-api", "exporters"];
const names = ["postgres", "sqs", "redis", "simulator", ...services];

async function started(t, env = {}) {
  const platform = await Platform.create(t, { PROFILE: "services", METRICS_PORT: await freeRow(6), ...env });
  const { code, stderr } = await platform.make("up");
  assert.equal(code, 0, stderr);
  return platform;
}

const environment = async (platform, offset) =>
  (await fetch(`http://127.0.0.1:${Number(platform.env.METRICS_PORT) + offset}/environment`)).json();

test("six processes start with their servers, each is started again after kill -9 and the others are kept, and down leaves none", async (t) => {
  const platform = await started(t);
  const { METRICS_PORT, PLATFORM_REDIS, PLATFORM_QUEUE, PLATFORM_SQS_ENDPOINT, AWS_ACCESS_KEY_ID } = await environment(platform, 3);
  assert.equal(METRICS_PORT, String(Number(platform.env.METRICS_PORT) + 3));
  assert.match(PLATFORM_REDIS, /^127\.0\.0\.1:\d+$/);
  assert.match(PLATFORM_SQS_ENDPOINT, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual([PLATFORM_QUEUE, AWS_ACCESS_KEY_ID], ["sqs", "local"]);
  assert.match(platform.text("ports"), /^POSTGRES_PORT=\d+\nSQS_PORT=\d+\nREDIS_PORT=\d+\nSMSC_HTTP_PORT=\d+\n$/);

  for (const name of names.filter((name) => name !== "postgres")) {
    const before = names.map((each) => platform.pid(each));
    process.kill(platform.pid(name), "SIGKILL");
    const again = await platform.make("up");
    assert.equal(again.code, 0, again.stderr);
    names.forEach((each, index) => assert.equal(platform.pid(each) === before[index], each !== name, `${each} after the death of ${name}`));
  }

  const pids = names.map((name) => platform.pid(name));
  // Without the profile, too: the run folder says what is there.
  assert.equal((await platform.make("down", { PROFILE: "" })).code, 0);
  assert.ok(!pids.some(alive));
  const drained = (name) => Number(/drained at (\d+)/.exec(platform.text(`${name}.log`))[1]);
  const order = [Math.max(drained("admin-api"), drained("smpp-gateway")), ...["router", "workers", "dlr-processor", "exporters"].map(drained)];
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
});

test("another profile than the one that runs is refused in words, and takes over after down", async (t) => {
  const platform = await started(t, { PLATFORM_QUEUE: "postgres", PLATFORM_REDIS: "127.0.0.1:1" });
  assert.deepEqual(["sqs", "redis"].map((name) => platform.pid(name)), [null, null]);
  const pid = platform.pid("router");
  const refused = await platform.make("up", { PROFILE: "standalone" });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /runs already, with PROFILE=services: make down first/);
  assert.ok(alive(pid));

  assert.equal((await platform.make("down")).code, 0);
  const switched = await platform.make("up", { PROFILE: "standalone" });
  assert.equal(switched.code, 0, switched.stderr);
  assert.deepEqual(["standalone", "router"].map((name) => platform.pid(name) !== null), [true, false]);
});

test("a process that ignores SIGTERM is killed, and down is over within 40 s", async (t) => {
  const platform = await started(t, { STAND_IN: "stubborn", PLATFORM_QUEUE: "postgres" });
  const pids = services.map((name) => platform.pid(name));
  const begun = Date.now();
  const { code, stderr } = await platform.make("down");
  assert.equal(code, 0, stderr);
  assert.ok(Date.now() - begun < 40_000, `down took ${Date.now() - begun} ms`);
  assert.ok(!pids.some(alive));
  assert.match(stderr, /did not stop within/);
});
