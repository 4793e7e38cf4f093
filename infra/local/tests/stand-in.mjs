// Stands in for a process of the platform (stand-in.mjs platform <service>) or its operator (stand-in.mjs operator) where the scripts are tested:
// it listens where they listen, says ready, and ends on SIGTERM.
// STAND_IN=dies ends at once; STAND_IN=stubborn ignores SIGTERM; STAND_IN=unready never answers 200.
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";

const mood = process.env.STAND_IN;
const [, , role, service] = process.argv;
console.log(`stand-in for the ${role}, in a mood: ${mood ?? "none"}`);
if (mood === "dies") {
  console.log("stand-in: dying as asked");
  process.exit(7);
}
process.on("SIGTERM", () => {
  if (mood === "stubborn") return;
  console.log(`stand-in: drained at ${Date.now()}`);
  process.exit(0);
});
const doors = {
  standalone: ["SMPP_PORT", "SMPP_TLS_PORT", "ADMIN_PORT"],
  "smpp-gateway": ["SMPP_PORT", "SMPP_TLS_PORT"],
  "admin-api": ["ADMIN_PORT"],
};
if (role === "operator") {
  createServer().listen(Number(process.env.SMSC_PORT), "127.0.0.1");
} else {
  for (const name of doors[service] ?? []) createServer().listen(Number(process.env[name]), "0.0.0.0");
  createHttp((request, response) => {
    if (request.url === "/environment") return response.end(JSON.stringify(process.env));
    response.statusCode = request.url === "/readyz" && mood !== "unready" ? 200 : 503;
    response.end();
  }).listen(Number(process.env.METRICS_PORT), "127.0.0.1");
}
