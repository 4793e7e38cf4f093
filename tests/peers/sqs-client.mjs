// Amazon's own SQS client for tests: one operation of @aws-sdk/client-sqs a line, {"operation": "...", "input": {...}}, its output
// or error as a line back. sqs-client.mjs ENDPOINT. Ends when its input ends.
import { createInterface } from "node:readline";
import * as sqs from "@aws-sdk/client-sqs";

const client = new sqs.SQSClient({
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, input } = JSON.parse(line);
  let answer;
  try {
    const { $metadata, ...output } = await client.send(new sqs[`${operation}Command`](input));
    answer = { output };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
