// ports.mjs free [PORT ...]      prints a loopback port that nobody listens on, other than these
// ports.mjs busy NAME=PORT ...   prints the pairs that cannot be listened on, and exits 1 if there are any
import { createServer } from "node:net";
import { randomInt } from "node:crypto";

function listens(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

// Any-address conflicts with every listener on the port, IPv6's with dual-stack ones; a machine without IPv6 has no such conflict.
async function trouble(port) {
  const ipv4 = await listens(port, "0.0.0.0");
  if (ipv4) return ipv4;
  const ipv6 = await listens(port, "::");
  return ipv6 === "EADDRINUSE" ? ipv6 : null;
}

const [command, ...pairs] = process.argv.slice(2);
if (command === "free") {
  // Below the kernel's range for outgoing connections (from 32768), so that none takes the port while its server is down.
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(20000, 32000);
    if (!pairs.includes(String(port)) && !(await trouble(port))) {
      console.log(port);
      process.exit(0);
    }
  }
  console.error("error: no free port found between 20000 and 32000");
  process.exit(1);
} else if (command === "busy") {
  let found = 0;
  for (const pair of pairs) {
    const [name, port] = pair.split("=");
    const code = await trouble(Number(port));
    if (code) {
      found++;
      console.log(`${name}=${port}: ${code === "EADDRINUSE" ? "the port is taken by another program" : `cannot listen there (${code})`}`);
    }
  }
  process.exit(found ? 1 : 0);
} else {
  console.error("usage: ports.mjs free [PORT ...] | busy NAME=PORT ...");
  process.exit(2);
}
