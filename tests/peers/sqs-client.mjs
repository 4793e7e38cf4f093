// Amazon's own SQS client for tests: one operation of @aws-sdk/client-sqs a line, {"operation": "...", "input": {...}}, its output
// or error as a line back. sqs-client.mjs ENDPOINT. Ends when its input ends. Two operations are ours: OpenBody and CompressedBody.
import { createInterface } from "node:readline";
import * as sqs from "@aws-sdk/client-sqs";
import { compress, open } from "./envelope.mjs";

const client = new sqs.SQSClient({
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});

const ours = {
  OpenBody: ({ Body }) => open(Body),
  CompressedBody: ({ Envelope }) => ({ Body: compress(Envelope) }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, input } = JSON.parse(line);
  let answer;
  try {
    const { $metadata, ...output } = ours[operation]?.(input) ?? (await client.send(new sqs[`${operation}Command`](input)));
    answer = { output };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
