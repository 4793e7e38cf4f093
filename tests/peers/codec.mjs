// PDUs to octets and back with the npm package smpp: a codec that is not ours. Requests come as JSON lines on standard input,
// each is answered by one JSON line on standard output. Octets are "hex:...", fields are pairs in their order.
//   {"op":"decode","octets":"hex:..."}                              -> {"command","status","sequence","fields"}
//   {"op":"encode","command","status","sequence","fields"}          -> {"octets":"hex:..."}
import { createInterface } from "node:readline";
import smpp from "smpp";

// Its conversions of times to Date, of messages to text and of TLVs to objects are not what is compared.
for (const command of Object.values(smpp.commands)) {
  for (const parameter of Object.values(command.params ?? {})) delete parameter.filter;
}
for (const tlv of Object.values(smpp.tlvs)) delete tlv.filter;

const header = new Set(["command", "command_length", "command_id", "command_status", "sequence_number"]);
const ours = { dest_port: "destination_port", failed_broadcast_area_identifier: "broadcast_area_identifier" };
const theirs = { destination_port: "dest_port" };

const toJson = (value) => (Buffer.isBuffer(value) ? `hex:${value.toString("hex")}` : value);
const fromJson = (value, type) => {
  if (typeof value !== "string" || !value.startsWith("hex:")) return value;
  const octets = Buffer.from(value.slice(4), "hex");
  return typeof type?.default === "number" ? octets.readUIntBE(0, octets.length) : octets;
};

function* pairs(fields) {
  for (const [name, value] of Object.entries(fields)) {
    if (header.has(name) || typeof value === "function") continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null && typeof item === "object" && !Buffer.isBuffer(item)) yield* pairs(item);
      else yield [ours[name] ?? name, toJson(item)];
    }
  }
}

// A destination begins with its type of number, or is the name of a list.
const inList = new Set(["dest_addr_ton", "dest_addr_npi", "destination_addr", "dl_name", "error_status_code"]);
const lists = { submit_multi: "dest_address", submit_multi_resp: "unsuccess_sme" };

function options({ command, status, sequence, fields }) {
  const result = { command_status: status, sequence_number: sequence };
  const list = lists[command];
  for (const [ourName, value] of fields) {
    const name = theirs[ourName] ?? ourName;
    if (list && inList.has(name)) {
      const destinations = (result[list] ??= []);
      if (name === "dest_addr_ton" || name === "dl_name") destinations.push({});
      destinations.at(-1)[name] = value;
      continue;
    }
    const parameter = smpp.commands[command].params?.[name];
    const converted = fromJson(value, parameter?.type ?? smpp.tlvs[name]?.type);
    if (!parameter && smpp.tlvs[name]?.multiple) (result[name] ??= []).push(converted);
    else result[name] = converted;
  }
  return result;
}

const operations = {
  decode({ octets }) {
    const pdu = new smpp.PDU(fromJson(octets));
    return { command: pdu.command, status: pdu.command_status, sequence: pdu.sequence_number, fields: [...pairs(pdu)] };
  },
  encode(request) {
    return { octets: toJson(new smpp.PDU(request.command, options(request)).toBuffer()) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(operations[request.op](request))}\n`);
}
