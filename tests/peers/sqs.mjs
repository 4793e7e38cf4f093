// An SQS-compatible endpoint on loopback, made of the npm package fauxqs: sqs.mjs PORT (0: a free one). It keeps messages in
// memory. Prints its address when it listens; ends by SIGTERM or SIGINT. GET /_calls tells how often each operation was called; from
// POST /_unavailable to DELETE /_unavailable every operation is answered 503, as by a balancer that has nobody behind it.
import { buildApp } from "fauxqs";

const app = buildApp({ logger: false });
const calls = {};
let unavailable = false;
app.addHook("onRequest", (request, reply, done) => {
  const target = request.headers["x-amz-target"];
  if (target) {
    const operation = target.slice(target.indexOf(".") + 1);
    calls[operation] = (calls[operation] ?? 0) + 1;
    if (unavailable) return reply.code(503).type("text/html").send("<html>Service Unavailable</html>");
  }
  done();
});
app.get("/_calls", async () => calls);
app.post("/_unavailable", async () => ({ unavailable: (unavailable = true) }));
app.delete("/_unavailable", async () => ({ unavailable: (unavailable = false) }));

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close().then(() => process.exit(0)));
console.log(await app.listen({ port: Number(process.argv[2] ?? 0), host: "127.0.0.1" }));
