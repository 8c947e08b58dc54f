import { isDeepStrictEqual } from 'node:util'
import { type Crl, isCrlSignedBy } from '../../identity/crl.ts'
import { crlProblem } from '../../identity/crl-profile.ts'
import { formatName } from '../../identity/distinguished-name.ts'
import { isP256 } from '../../identity/key-pair.ts'
import type { PlacedCertificate } from './chain.ts'
import type { Findings } from './inspection.ts'
import { validityOf } from './validity.ts'

/**
 * What a CRL says, and what is wrong with it.
 * @param file all certificates of the file in which it stands
 * @param now milliseconds since 1970
 */
export function inspectCrl(crl: Crl, file: readonly PlacedCertificate[], now: number): Findings {
  const { nextUpdate, thisUpdate } = crl
  const validity = validityOf({ notBefore: thisUpdate, notAfter: nextUpdate }, now)
  const signature = judgeSignature(crl, file)
  const problems = [crlProblem(crl), validity.problem, signature.problem]
  return {
    kind: 'crl',
    facts: {
      issuer: formatName(crl.issuer),
      issuerKeyId: crl.authorityKeyId,
      number: crl.number?.toString(),
      thisUpdate: new Date(thisUpdate).toISOString(),
      nextUpdate: nextUpdate === undefined ? undefined : new Date(nextUpdate).toISOString(),
      valid: validity.words,
      revokedCertificates: crl.entries.length,
      signature: signature.words,
    },
    problems: problems.filter((text) => text !== undefined),
    warnings: [],
  }
}

function judgeSignature(crl: Crl, file: readonly PlacedCertificate[]): { words: string; problem: string | undefined } {
  const issuer = file.find(
    ({ certificate }) =>
      certificate.subjectKeyId === crl.authorityKeyId && isDeepStrictEqual(certificate.subject, crl.issuer),
  )
  if (issuer === undefined) return { words: 'not checked: its issuer is not in this file', problem: undefined }
  const { block, certificate } = issuer
  if (!isP256(certificate.publicKey)) {
    return { words: 'not checked: the key of its issuer is not on P-256', problem: undefined }
  }
  if (!isCrlSignedBy(crl, certificate.publicKey)) {
    return { words: 'wrong', problem: `it is not signed with the key of its issuer, block ${block}` }
  }
  if (certificate.keyUsage?.has('cRLSign') !== true) {
    return { words: 'good', problem: `the key of its issuer, block ${block}, may not sign CRLs` }
  }
  return { words: `good, by block ${block}`, problem: undefined }
}
