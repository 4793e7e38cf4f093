// Our envelopes as a stranger writes and reads them, from docs/interfaces.md ("Envelopes") alone.
import { deflateSync, inflateSync } from "node:zlib";

const largest = 1024 * 1024;

/** The envelope that a body holds, compressed or not. */
export function open(body) {
  const json = JSON.parse(body);
  return typeof json.z === "string" ? JSON.parse(inflateSync(Buffer.from(json.z, "base64"), { maxOutputLength: largest })) : json;
}

/** A body that holds the envelope, compressed. */
export function compress(envelope) {
  return JSON.stringify({ z: deflateSync(JSON.stringify(envelope)).toString("base64") });
}
