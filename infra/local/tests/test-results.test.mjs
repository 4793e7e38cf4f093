import assert from "node:assert/strict";
import { test } from "node:test";
import { countRun, countTap, countTrx } from "../test-results.mjs";

test("outcomes of a trx file are counted, unknown ones as failures", () => {
  const trx = ["Passed", "Passed", "Failed", "NotExecuted", "Timeout"].map((o) => `<UnitTestResult testName="a" outcome="${o}" />`).join("\n");
  assert.deepEqual(countTrx(`<TestRun>${trx}</TestRun>`), { passed: 2, failed: 2, skipped: 1 });
});

test("the summary of a tap file is counted", () => {
  assert.deepEqual(countTap("# tests 6\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n"), { passed: 3, failed: 2, skipped: 1 });
});

test("a run that ends badly without a failed test counts as one failure", () => {
  assert.equal(countRun(1, { passed: 4, failed: 0, skipped: 0 }).failed, 1);
  assert.equal(countRun(124, null).failed, 1);
});

test("a run without tests counts as one failure", () => {
  assert.equal(countRun(0, { passed: 0, failed: 0, skipped: 0 }).failed, 1);
});

test("a good run stays as it is", () => {
  assert.deepEqual(countRun(0, { passed: 4, failed: 0, skipped: 0 }), { passed: 4, failed: 0, skipped: 0 });
});
