import assert from "node:assert/strict";
import { test } from "node:test";
import { countRun, countTap, countTrx, failuresInTap, failuresInTrx } from "../test-results.mjs";

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

test("a failed test of a trx file is said with its reason", () => {
  const trx = `<UnitTestResult testName="good" outcome="Passed" /><UnitTestResult testName="A &lt;b&gt;" outcome="Failed">
    <Output><ErrorInfo><Message>1 &amp; 2&#xD;
differ</Message><StackTrace>at C.M()</StackTrace></ErrorInfo></Output></UnitTestResult><UnitTestResult testName="left" outcome="NotExecuted" />`;
  assert.deepEqual(failuresInTrx(trx), [{ name: "A <b>", reason: "1 & 2\ndiffer\nat C.M()" }]);
});

test("a failed test of a tap file is said with its reason, its suite is not", () => {
  const tap = `    ok 1 - good
    not ok 2 - bad
      ---
      error: 'no'
      ...
not ok 1 - suite
  ---
  failureType: 'subtestsFailed'
  ...
not ok 2 - later # TODO
`;
  assert.deepEqual(failuresInTap(tap), [{ name: "bad", reason: "error: 'no'" }]);
});
