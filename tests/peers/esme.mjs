// An ESME for tests, made of the npm package smpp: an implementation that is not ours. Commands come as JSON lines on standard
// input, what happens goes out as JSON lines on standard output. Ends when its input ends.
import { createInterface } from "node:readline";
import smpp from "smpp";

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
let session;

const text = (content) => (Buffer.isBuffer(content) ? content.toString("latin1") : content);

const commands = {
  connect({ port }) {
    session = smpp.connect({ url: `smpp://127.0.0.1:${port}` }, () => say({ event: "connected" }));
    session.on("pdu", (pdu) => {
      if (pdu.command === "deliver_sm") {
        session.send(pdu.response());
        say({
          event: "deliver_sm",
          esmClass: pdu.esm_class,
          source: pdu.source_addr,
          destination: pdu.destination_addr,
          text: text(pdu.short_message.message),
          receiptedMessageId: pdu.receipted_message_id,
          messageState: pdu.message_state,
        });
      } else if (pdu.command === "unbind") {
        session.send(pdu.response());
        say({ event: "unbind" });
      } else if (pdu.command === "enquire_link") {
        session.send(pdu.response());
      }
    });
    session.on("close", () => say({ event: "closed" }));
    session.on("error", (error) => say({ event: "error", message: error.message }));
  },
  bind({ mode = "transceiver", systemId, password }) {
    session[`bind_${mode}`]({ system_id: systemId, password }, (pdu) =>
      say({ event: "bound", status: pdu.command_status, systemId: pdu.system_id }),
    );
  },
  submit({ tag, source, destination, text: message, registeredDelivery = 1, ...fields }) {
    session.submit_sm(
      {
        source_addr: source,
        destination_addr: destination,
        short_message: message,
        registered_delivery: registeredDelivery,
        ...fields,
      },
      (pdu) => say({ event: "submit_sm_resp", tag, status: pdu.command_status, messageId: pdu.message_id }),
    );
  },
  enquire() {
    session.enquire_link({}, (pdu) => say({ event: "enquire_link_resp", status: pdu.command_status }));
  },
  unbind() {
    session.unbind((pdu) => say({ event: "unbind_resp", status: pdu.command_status }));
  },
};

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const { op, ...parameters } = JSON.parse(line);
  commands[op](parameters);
});
input.on("close", () => process.exit(0));
