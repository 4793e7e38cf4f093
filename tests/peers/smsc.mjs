// An operator for tests, made of the npm package smpp: an implementation that is not ours. It accepts every bind and every submit, sends a
// receipt for each, and says what it received as JSON lines on standard output, the first being its port. Content is as the package decodes
// it; where it leaves octets (a user data header, a payload), they are joined by the header's or the sar_ TLVs' reference and decoded here.
// Each line of standard input, {"port","systemId","password"}, makes it call an ESME with outbind and serve the bind that comes back.
import { createInterface } from "node:readline";
import smpp from "smpp";

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
let last = 0;
// Of a pair of binds: those that only submit, and the last one that only receives.
const isTransmitter = new WeakSet();
let receiver;

// [reference, total, number], or nothing.
function part(pdu) {
  if (pdu.sar_total_segments !== undefined) {
    return [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum];
  }
  for (const header of (pdu.message_payload ?? pdu.short_message)?.udh ?? []) {
    if (header[0] === 0) return [header[2], header[3], header[4]];
    if (header[0] === 8) return [header[2] * 256 + header[3], header[4], header[5]];
  }
}

function submit(session, pdu) {
  const id = `npm-${++last}`;
  session.send(pdu.response({ message_id: id }));
  const content = pdu.message_payload ?? pdu.short_message;
  say({
    event: "submit_sm",
    id,
    source: pdu.source_addr,
    destination: pdu.destination_addr,
    esmClass: pdu.esm_class,
    dataCoding: pdu.data_coding,
    byPayload: pdu.message_payload !== undefined,
    text: text(content.message ?? content, pdu.data_coding),
    part: part(pdu),
  });
  (isTransmitter.has(session) ? receiver : session).deliver_sm({
    esm_class: 4,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:`,
  });
}

function text(content, dataCoding) {
  if (!Buffer.isBuffer(content)) return content;
  return smpp.encodings[dataCoding === 8 ? "UCS2" : "ASCII"].decode(content);
}

const bound = (session, pdu) => session.send(pdu.response({ system_id: "npm" }));

const answers = {
  bind_transceiver: bound,
  bind_transmitter: (session, pdu) => {
    isTransmitter.add(session);
    bound(session, pdu);
  },
  bind_receiver: (session, pdu) => {
    receiver = session;
    bound(session, pdu);
  },
  submit_sm: submit,
  enquire_link: (session, pdu) => session.send(pdu.response()),
  unbind: (session, pdu) => session.send(pdu.response()),
};

function serve(session) {
  session.on("pdu", (pdu) => answers[pdu.command]?.(session, pdu));
  session.on("error", () => session.close());
}

function call({ port, systemId, password }) {
  const session = smpp.connect({ host: "127.0.0.1", port }, () =>
    session.outbind({ system_id: systemId, password }),
  );
  serve(session);
}

const server = smpp.createServer(serve);
server.listen(0, "127.0.0.1", () => say({ event: "listening", port: server.address().port }));

createInterface({ input: process.stdin })
  .on("line", (line) => call(JSON.parse(line)))
  .on("close", () => process.exit(0));
