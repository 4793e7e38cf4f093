// test-results.mjs <folder>: adds up what the test runs left there (*.trx of dotnet test, *.tap of node --test, and *.status, the exit
// code of each run), says which failed and why, and ends with one line: N passed, N failed, N skipped. Exits 1 unless everything ran
// and passed. What failed stands right before the last line: of a long log people and machines keep the end.
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

// The most tests said in full, and the most characters of each one's reason: the line of counts has to stay in sight.
const MOST_SAID = 20;
const MOST_REASON = 1200;

const plain = (xml) =>
  xml.replace(/&(lt|gt|quot|apos|amp|#xD|#xA);/g, (_, name) => ({ lt: "<", gt: ">", quot: '"', apos: "'", amp: "&", "#xD": "", "#xA": "\n" })[name]);

// [{name, reason}] of the tests of a trx file that did not pass and were not skipped.
export function failuresInTrx(text) {
  return [...text.matchAll(/<UnitTestResult\b([^>]*?)(?:\/>|>([\s\S]*?)<\/UnitTestResult>)/g)]
    .filter(([, attributes]) => !/\boutcome="(Passed|NotExecuted)"/.test(attributes))
    .map(([, attributes, inside = ""]) => ({
      name: plain(/\btestName="([^"]*)"/.exec(attributes)?.[1] ?? "(no name)"),
      reason: ["Message", "StackTrace"].map((tag) => plain(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(inside)?.[1] ?? "")).join("\n").trim(),
    }));
}

// The same of a tap file: `not ok` lines with the block of details below each. A suite that failed only by its tests is said by them.
export function failuresInTap(text) {
  return [...text.matchAll(/^ *not ok \d+ - (.*)\n(?: +---\n([\s\S]*?)\n +\.\.\.)?/gm)]
    .filter(([, name, details = ""]) => !/# (SKIP|TODO)/.test(name) && !/failureType: 'subtestsFailed'/.test(details))
    .map(([, name, details = ""]) => ({ name, reason: details.replace(/^ +/gm, "").trim() }));
}

// One run: its counts, and a failure of the run itself (crash, time out, no result) as one failed test, so that it cannot pass unseen.
export function countRun(exitCode, counts) {
  if (!counts) return { passed: 0, failed: 1, skipped: 0, note: "it left no results" };
  if (exitCode !== 0 && counts.failed === 0) return { ...counts, failed: 1, note: `no test failed, yet the run ended with ${exitCode}` };
  if (counts.passed + counts.failed + counts.skipped === 0) return { ...counts, failed: 1, note: "it holds no test" };
  return counts;
}

export function addUp(folder) {
  const total = { passed: 0, failed: 0, skipped: 0, notes: [], failures: [] };
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".status")).sort()) {
    const run = basename(file, ".status");
    const [trx, tap] = [join(folder, `${run}.trx`), join(folder, `${run}.tap`)];
    const [format, text] = existsSync(trx) ? ["trx", readFileSync(trx, "utf8")] : existsSync(tap) ? ["tap", readFileSync(tap, "utf8")] : [];
    const counts = format === "trx" ? countTrx(text) : format === "tap" ? countTap(text) : null;
    const failures = format === "trx" ? failuresInTrx(text) : format === "tap" ? failuresInTap(text) : [];
    const result = countRun(Number(readFileSync(join(folder, file), "utf8")), counts);
    total.passed += result.passed;
    total.failed += result.failed;
    total.skipped += result.skipped;
    total.failures.push(...failures.map((failure) => ({ run, ...failure })));
    if (result.note) total.notes.push(`${run}: ${result.note}`);
  }
  return total;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  const { passed, failed, skipped, notes, failures } = addUp(folder);
  const line = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  for (const { run, name, reason } of failures.slice(0, MOST_SAID)) {
    console.log(`failed: ${run}: ${name}\n${reason.slice(0, MOST_REASON).replace(/^/gm, "    ")}`);
  }
  if (failures.length > MOST_SAID) console.log(`failed: ${failures.length - MOST_SAID} more, see ${folder}`);
  for (const note of notes) console.log(`failed: ${note}`);
  writeFileSync(join(folder, "summary.txt"), `${line}\n`);
  console.log(line);
  process.exitCode = failed === 0 && skipped === 0 && passed > 0 ? 0 : 1;
}
