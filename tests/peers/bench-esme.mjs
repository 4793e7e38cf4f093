// The npm package smpp as a client for the bench. A line {port, binds, window, submits} on standard input is a round, whose figures go
// out as a line: answers a second, and latencies in milliseconds from before a submit is sent to its answer. Ends when its input ends.
import { createInterface } from "node:readline";
import smpp from "smpp";

const content = {
  source_addr_ton: 5,
  source_addr: "LOAD",
  dest_addr_ton: 1,
  dest_addr_npi: 1,
  destination_addr: "491700000001",
  registered_delivery: 1,
  short_message: { message: Buffer.alloc(60) },
};

const bind = (port) =>
  new Promise((resolve, reject) => {
    const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` }, () => {
      session.socket.setNoDelay(true);
      session.bind_transceiver({ system_id: "npm" }, (pdu) =>
        pdu.command_status === 0 ? resolve(session) : reject(new Error(`bind refused: ${pdu.command_status}`)),
      );
    });
    session.on("error", reject);
  });

const unbind = (session) =>
  new Promise((resolve) => {
    session.on("close", resolve);
    session.unbind(() => session.close());
  });

const submitAll = (sessions, window, submits) =>
  new Promise((resolve) => {
    const latencies = new Float64Array(submits);
    let next = 0;
    let answered = 0;
    let failed = 0;
    const submit = (session) => {
      if (next === submits) return;
      const at = next++;
      const sent = performance.now();
      session.submit_sm(content, (pdu) => {
        latencies[at] = performance.now() - sent;
        if (pdu.command_status !== 0) failed++;
        if (++answered === submits) resolve({ latencies, failed });
        else submit(session);
      });
    };
    for (const session of sessions) for (let slot = 0; slot < window; slot++) submit(session);
  });

const input = createInterface({ input: process.stdin });
input.on("line", async (line) => {
  const { port, binds, window, submits } = JSON.parse(line);
  const sessions = await Promise.all(Array.from({ length: binds }, () => bind(port)));
  const started = performance.now();
  const { latencies, failed } = await submitAll(sessions, window, submits);
  const seconds = (performance.now() - started) / 1000;
  await Promise.all(sessions.map(unbind));
  latencies.sort();
  const share = (part) => latencies[Math.max(0, Math.ceil(submits * part) - 1)];
  console.log(
    JSON.stringify({ perSecond: submits / seconds, p50: share(0.5), p99: share(0.99), p999: share(0.999), failed }),
  );
});
input.on("close", () => process.exit(0));
