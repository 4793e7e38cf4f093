// An SQS-compatible endpoint on loopback, made of the npm package fauxqs: sqs.mjs PORT (0: a free one). It keeps messages in
// memory. Prints its address when it listens; ends by SIGTERM or SIGINT. GET /_calls tells how often each operation was called.
import { buildApp } from "fauxqs";

const app = buildApp({ logger: false });
const calls = {};
app.addHook("onRequest", (request, reply, done) => {
  const target = request.headers["x-amz-target"];
  if (target) {
    const operation = target.slice(target.indexOf(".") + 1);
    calls[operation] = (calls[operation] ?? 0) + 1;
  }
  done();
});
app.get("/_calls", async () => calls);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close().then(() => process.exit(0)));
console.log(await app.listen({ port: Number(process.argv[2] ?? 0), host: "127.0.0.1" }));
