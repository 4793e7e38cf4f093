// test-results.mjs <folder>: adds up what the test runs left there (*.trx of dotnet test, *.tap of node --test, and *.status, the exit
// code of each run), and prints one line: N passed, N failed, N skipped. Exits 1 unless everything ran and passed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

export function countTrx(text) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [result] of text.matchAll(/<UnitTestResult\b[^>]*>/g)) {
    const outcome = /\boutcome="([^"]*)"/.exec(result)?.[1];
    if (outcome === "Passed") counts.passed++;
    else if (outcome === "NotExecuted") counts.skipped++;
    else counts.failed++;
  }
  return counts;
}

export function countTap(text) {
  const summary = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return { passed: summary("pass"), failed: summary("fail") + summary("cancelled"), skipped: summary("skipped") + summary("todo") };
}

// One run: its counts, and a failure of the run itself (crash, time out, no result) as one failed test, so that it cannot pass unseen.
export function countRun(exitCode, counts) {
  if (!counts) return { passed: 0, failed: 1, skipped: 0, note: "it left no results" };
  if (exitCode !== 0 && counts.failed === 0) return { ...counts, failed: 1, note: `no test failed, yet the run ended with ${exitCode}` };
  if (counts.passed + counts.failed + counts.skipped === 0) return { ...counts, failed: 1, note: "it holds no test" };
  return counts;
}

export function addUp(folder) {
  const total = { passed: 0, failed: 0, skipped: 0, notes: [] };
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".status")).sort()) {
    const run = basename(file, ".status");
    const [trx, tap] = [join(folder, `${run}.trx`), join(folder, `${run}.tap`)];
    const counts = existsSync(trx) ? countTrx(readFileSync(trx, "utf8")) : existsSync(tap) ? countTap(readFileSync(tap, "utf8")) : null;
    const result = countRun(Number(readFileSync(join(folder, file), "utf8")), counts);
    total.passed += result.passed;
    total.failed += result.failed;
    total.skipped += result.skipped;
    if (result.note) total.notes.push(`${run}: ${result.note}`);
  }
  return total;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  const { passed, failed, skipped, notes } = addUp(folder);
  const line = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  for (const note of notes) console.log(`failed: ${note}`);
  writeFileSync(join(folder, "summary.txt"), `${line}\n`);
  console.log(line);
  process.exitCode = failed === 0 && skipped === 0 && passed > 0 ? 0 : 1;
}
