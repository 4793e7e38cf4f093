// Runs the scripts as people do, each test with its own run folder and ports.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const local = new URL("..", import.meta.url).pathname;
const standIn = join(local, "tests/stand-in.mjs");

export async function shell(script, env = {}) {
  try {
    const { stdout, stderr } = await run("bash", ["-c", `set -euo pipefail; ${script}`], { env: { ...process.env, ...env } });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

// Never the same one twice, for it is listened on only later.
const given = [];

export async function freePort() {
  const port = (await run("node", [join(local, "ports.mjs"), "free", ...given])).stdout.trim();
  given.push(port);
  return port;
}

// The first of so many free ports in a row.
export async function freeRow(count) {
  for (;;) {
    const first = Number(await freePort());
    const row = Array.from({ length: count }, (_, index) => first + index);
    const { code } = await shell(`node ${local}ports.mjs busy ${row.map((port) => `PORT=${port}`).join(" ")}`);
    if (code === 0) {
      given.push(...row.map(String));
      return String(first);
    }
  }
}

export class Platform {
  static async create(t, env = {}) {
    const platform = new Platform();
    const folder = mkdtempSync(join(tmpdir(), "platform-scripts-"));
    platform.runDir = join(folder, "run");
    platform.env = { RUN_DIR: platform.runDir, SERVICE_COMMAND: `node ${standIn} platform`, SIMULATOR_COMMAND: `node ${standIn} operator` };
    for (const name of ["SMPP_PORT", "SMPP_TLS_PORT", "ADMIN_PORT", "METRICS_PORT", "SMSC_PORT"]) platform.env[name] = await freePort();
    Object.assign(platform.env, env);
    t.after(async () => {
      await platform.make("reset");
      rmSync(folder, { recursive: true, force: true });
    });
    return platform;
  }

  make(command, env = {}) {
    return shell(`${local}platform.sh ${command}`, { ...this.env, ...env });
  }

  pid(name) {
    const file = join(this.runDir, `${name}.pid`);
    return existsSync(file) ? Number(readFileSync(file, "utf8")) : null;
  }

  text(file) {
    return readFileSync(join(this.runDir, file), "utf8");
  }
}

export function alive(pid) {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH") return false;
    throw error;
  }
}
