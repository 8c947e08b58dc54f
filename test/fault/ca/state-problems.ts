import { keyThumbprintOf } from '../../../src/ca/certificate/key-identity.ts'
import { labelOf } from '../../../src/ca/issuers/authorities.ts'
import type { AuthorityRecord } from '../../../src/ca/issuers/ca-state.ts'
import type { Evidence } from './evidence.ts'
import type { FoundFile } from './files.ts'
import type { Stored } from './stored.ts'

/** What is wrong with the state of a CA, and with its records, beside what was seen. */
export function stateProblems(
  { state, records }: Stored,
  files: readonly FoundFile[],
  evidence: Evidence,
): readonly string[] {
  const problems: string[] = []
  for (const authority of state.authorities.filter((one) => isAtWork(one) && !isOutside(one, evidence))) {
    const hasKey = files.some(({ name }) => name === `${labelOf(authority)}.key`)
    if (!hasKey) problems.push(`${labelOf(authority)} is ${authority.state}, and has no key`)
  }
  for (const states of [['active'], ['requested', 'prepared']]) {
    const names = state.authorities.filter((one) => states.includes(one.state)).map(({ name }) => name)
    if (new Set(names).size < names.length) problems.push(`several ${states.join(' or ')} of one name: ${names}`)
  }
  const sequences = state.statements.map(({ sequence }) => sequence)
  if (sequences.some((sequence, index) => sequence !== index + 1)) problems.push(`statements ${sequences}`)
  for (const authority of state.authorities.filter(isClosed)) {
    evidence.seeClosed(labelOf(authority), serialNumbersBelow(authority, records))
  }
  for (const serialNumber of [...evidence.issued, ...evidence.revoked]) {
    if (!records.has(serialNumber)) problems.push(`the record of ${serialNumber} is lost`)
  }
  for (const serialNumber of evidence.revoked) {
    const isRevoked = records.get(serialNumber)?.revocation !== undefined
    if (!isRevoked) problems.push(`the revocation of ${serialNumber} is lost`)
  }
  return problems
}

function isAtWork({ state }: AuthorityRecord): boolean {
  return state !== 'retired' && state !== 'distrusted'
}

function isOutside(authority: AuthorityRecord, { given }: Evidence): boolean {
  return given.some(({ publicKey }) => keyThumbprintOf(publicKey) === authority.keyThumbprint)
}

function isClosed({ kind, state }: AuthorityRecord): boolean {
  return kind === 'intermediate' && state !== 'active' && state !== 'prepared' && state !== 'requested'
}

function serialNumbersBelow({ keyId }: AuthorityRecord, records: Stored['records']): ReadonlySet<string> {
  const below = [...records.values()].filter(({ issuerKeyId }) => issuerKeyId === keyId)
  return new Set(below.map(({ serialNumber }) => serialNumber))
}
