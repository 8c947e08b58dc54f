/**
 * Counts the tests of several Vitest JSON reports: `node scripts/count-tests.ts REPORT…`.
 * A test has passed if it passed in every report. A file that does not load counts as one failure.
 * The exit code is 1 if a test failed, a report is missing, or a report holds no test.
 */

import { existsSync, readFileSync } from 'node:fs'

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const reports = process.argv.slice(2).map(readReport)
const failed = new Set(reports.flatMap((report) => testsOf(report, 'failed')))
const passed = new Set(reports.flatMap((report) => testsOf(report, 'passed'))).difference(failed)
const isComplete = reports.length > 0 && reports.every((report) => testsOf(report, 'passed').length > 0)

if (!isComplete) process.stdout.write('A run of the tests has no report, or ran no test.\n')
process.stdout.write(`${passed.size} passed, ${failed.size} failed\n`)
process.exitCode = isComplete && failed.size === 0 ? 0 : 1

function readReport(file: string): Report {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : { testResults: [] }
}

function testsOf(report: Report, status: 'passed' | 'failed'): readonly string[] {
  return report.testResults.flatMap((file) => {
    const titles = file.assertionResults.flatMap((test, position) =>
      test.status === status ? [`${file.name} > ${test.fullName} (${position})`] : [],
    )
    const isUnloadable = status === 'failed' && file.status === 'failed' && titles.length === 0
    return isUnloadable ? [file.name] : titles
  })
}
