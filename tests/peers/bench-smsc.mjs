// The npm package smpp as a server for the bench: it accepts every bind, and every submit at once. Says its port, and ends when its
// input ends.
import smpp from "smpp";

let last = 0;

const answers = {
  bind_transceiver: (pdu) => pdu.response({ system_id: "npm" }),
  submit_sm: (pdu) => pdu.response({ message_id: (++last).toString(16).padStart(32, "0") }),
  enquire_link: (pdu) => pdu.response(),
  unbind: (pdu) => pdu.response(),
};

const server = smpp.createServer((session) => {
  // As our end has it: small PDUs that somebody waits for.
  session.socket.setNoDelay(true);
  session.on("pdu", (pdu) => answers[pdu.command] && session.send(answers[pdu.command](pdu)));
  session.on("error", () => session.close());
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
