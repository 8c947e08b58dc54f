/**
 * The benchmarks: `npm run bench -- NAME`. Each measures its sides in turn in one run and prints a table;
 * with `--json` the last line is one JSON object.
 */

import { benchIssueCertificate } from './issue-certificate.ts'
import { benchIssueToken } from './issue-token.ts'
import { type Benchmark, writeReport } from './report.ts'
import { benchRevoke } from './revoke.ts'
import { benchTrustState } from './trust-state.ts'
import { benchVerify } from './verify.ts'
import { benchVerifyCold } from './verify-cold.ts'

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  verify: benchVerify,
  'verify-cold': benchVerifyCold,
  'issue-token': benchIssueToken,
  'issue-certificate': benchIssueCertificate,
  revoke: benchRevoke,
  'trust-state': benchTrustState,
}

const [name = '', ...flags] = process.argv.slice(2)
const benchmark = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined
if (benchmark === undefined || flags.some((flag) => flag !== '--json')) {
  process.stderr.write(`Usage: npm run bench -- NAME [--json], where NAME is ${Object.keys(BENCHMARKS).join(', ')}.\n`)
  process.exitCode = 2
} else {
  writeReport(await benchmark(), flags.includes('--json'))
}
