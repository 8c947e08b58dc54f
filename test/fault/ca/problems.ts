import { caFilesOf } from '../../../src/ca/directory/ca-files.ts'
import { type Certificate, parseCertificate } from '../../../src/identity/certificate.ts'
import type { Passphrase } from '../../../src/identity/passphrase.ts'
import { scanPem } from '../../../src/identity/pem-blocks.ts'
import { certificateProblems } from './certificate-problems.ts'
import { credentialProblems } from './credential-problems.ts'
import type { Evidence } from './evidence.ts'
import { fileProblems } from './file-problems.ts'
import { filesBelow, isTemporary } from './files.ts'
import { settledProblems } from './settled-problems.ts'
import { stateProblems } from './state-problems.ts'
import { loadStored } from './stored.ts'
import type { Tally } from './tally.ts'

export interface Examination {
  /** Where everything lies, that of the CA in `directory`. */
  readonly base: string
  readonly directory: string
  readonly evidence: Evidence
  readonly passphrase: Passphrase | undefined
  readonly tally: Tally
  /** Whether something has kept a process from removing what it was about to write. */
  readonly mayLeaveTemporaries: boolean
  /** Whether a command has run undisturbed since. */
  readonly isSettled: boolean
}

/** Everything that is wrong with a CA and what it has issued. No process works on it meanwhile. */
export async function problemsOf(examination: Examination): Promise<readonly string[]> {
  const { base, directory, evidence, passphrase, tally, mayLeaveTemporaries, isSettled } = examination
  const stored = await loadStored(caFilesOf(directory).store)
  const files = await filesBelow(base)
  const problems = files.flatMap((file) => {
    const found = fileProblems(file, { stored, evidence, passphrase })
    return found.map((problem) => `${file.path}: ${problem}`)
  })
  for (const { path, text } of files) {
    for (const certificate of certificatesIn(text)) {
      evidence.seeCertificate(certificate, path)
      if (evidence.given.some(({ der }) => der.equals(certificate.der))) continue
      problems.push(...certificateProblems(certificate, stored).map((problem) => `${path}: ${problem}`))
    }
  }
  problems.push(...credentialProblems(files))
  if (!mayLeaveTemporaries) problems.push(...files.filter(isTemporary).map(({ path }) => `${path} is left`))
  tally.files += files.length
  for (const serialNumber of evidence.serialNumbers) tally.certificates.add(serialNumber)
  for (const serialNumber of stored?.records.keys() ?? []) tally.records.add(serialNumber)
  if (stored !== undefined) problems.push(...stateProblems(stored, files, evidence))
  if (stored !== undefined && isSettled) problems.push(...(await settledProblems(directory, stored)))
  return [...problems, ...evidence.problems]
}

/** Also of a text that is cut off. */
function certificatesIn(text: string): readonly Certificate[] {
  return scanPem(text).flatMap((part) =>
    part.kind === 'block' && part.label === 'CERTIFICATE' ? [parseCertificate(part.content)] : [],
  )
}
