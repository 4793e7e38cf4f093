import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, local, shell } from "./local-scripts.mjs";

const settings = `. ${local}settings.sh; `;
const packages = `${settings} . ${local}packages.sh; `;

test("a relative run folder is meant from the checkout", async () => {
  const { stdout } = await shell(`${settings} cd /; echo "$RUN_DIR $PLATFORM_ARCHIVE"`, { RUN_DIR: "some/run" });
  assert.match(stdout, /^\/.*\/some\/run \/.*\/some\/run\/archive\n$/);
});

test("an unusable setting is refused by its name", async () => {
  for (const [env, words] of [
    [{ SMPP_PORT: "many" }, /SMPP_PORT=many is not a port number/],
    [{ ADMIN_PORT: "70000" }, /ADMIN_PORT=70000 is not a port number/],
    [{ ADMIN_PORT: "2775", SMPP_PORT: "2775" }, /ADMIN_PORT=2775: that port is given to another/],
    [{ SMSC: "none" }, /SMSC=none is unknown/],
    [{ PROFILE: "cluster" }, /PROFILE=cluster is unknown/],
    [{ PROFILE: "services", METRICS_PORT: "65531" }, /METRICS_PORT\+5=65536 is not a port number/],
    [{ PROFILE: "services", METRICS_PORT: "8077" }, /METRICS_PORT\+3=8080: that port is given to another|ADMIN_PORT=8080: that port is given to another/],
    [{ PLATFORM_QUEUE: "kafka" }, /PLATFORM_QUEUE=kafka is unknown/],
    [{ RUN_DIR: "." }, /RUN_DIR=.* contains the checkout/],
  ]) {
    const { code, stderr } = await shell(`${settings} check_settings`, env);
    assert.equal(code, 1);
    assert.match(stderr, words);
  }
});

test("six processes count METRICS_PORT on, and queue over SQS unless told otherwise", async () => {
  const { stdout } = await shell(`${settings} all_listeners; echo "$PLATFORM_QUEUE"`, { PROFILE: "services", METRICS_PORT: "9000" });
  assert.match(stdout, /METRICS_PORT=9000\nMETRICS_PORT\+1=9001\nMETRICS_PORT\+2=9002\nMETRICS_PORT\+3=9003\nADMIN_PORT=8080\nMETRICS_PORT\+4=9004\nMETRICS_PORT\+5=9005\n[^]*sqs\n$/);
  assert.match((await shell(`${settings} echo "$PLATFORM_QUEUE"`, { PROFILE: "services", PLATFORM_QUEUE: "postgres" })).stdout, /^postgres\n$/);
});

test("a port that is listened on is reported by name, a free one is not", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const taken = server.address().port;
  const { code, stdout } = await shell(`node ${local}ports.mjs busy FREE=${await freePort()} TAKEN=${taken}`);
  assert.equal(code, 1);
  assert.equal(stdout, `TAKEN=${taken}: the port is taken by another program\n`);
});

test("missing Debian packages without root or sudo: one line to run, exit 2", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "platform-packages-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const list = join(folder, "list");
  writeFileSync(list, "# comment\nbash\nno-such-package-1 # why\nno-such-package-2\n");
  const { code, stderr } = await shell(`${packages} id() { echo 1000; }; sudo() { return 1; }; install_debian_packages`, {
    DEBIAN_PACKAGES_FILE: list,
  });
  assert.equal(code, 2);
  assert.match(stderr, /apt-get install -y --no-install-recommends no-such-package-1 no-such-package-2\n$/);
});

test("a pid that another program has now is not taken for ours", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "platform-pids-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const processes = `${settings} . ${local}processes.sh; `;
  const { stdout } = await shell(
    `${processes} start_time_of $$ >"$RUN_DIR/a.start"; echo $$ >"$RUN_DIR/a.pid"; runs a && echo ours
     echo "boot 1" >"$RUN_DIR/a.start"; runs a || echo stale; echo 99999999 >"$RUN_DIR/a.pid"; runs a || echo dead; rm "$RUN_DIR/a.pid"; runs a || echo none`,
    { RUN_DIR: folder },
  );
  assert.deepEqual(stdout.trim().split("\n"), ["ours", "stale", "dead", "none"]);
});
