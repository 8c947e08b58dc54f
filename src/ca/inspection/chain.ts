import { isDeepStrictEqual } from 'node:util'
import { DerError } from '../../core/der.ts'
import { type Certificate, parseCertificate } from '../../identity/certificate.ts'
import type { PemPart } from '../../identity/pem-blocks.ts'

/** A certificate of a file, and the block in which it stands. */
export interface PlacedCertificate {
  readonly block: number
  readonly certificate: Certificate
}

/** The certificates among the blocks of a file, of those that can be read. */
export function certificatesOf(parts: readonly PemPart[]): readonly PlacedCertificate[] {
  return parts.flatMap((part, index) => {
    const certificate = part.kind === 'block' && part.label === 'CERTIFICATE' ? readable(part.content) : undefined
    return certificate === undefined ? [] : [{ block: index + 1, certificate }]
  })
}

/** Why a certificate stands in the wrong place of a chain, in words; `undefined` where it does not. */
export function orderProblem(
  { block, certificate }: PlacedCertificate,
  file: readonly PlacedCertificate[],
): string | undefined {
  const next = file.find((other) => other.block > block)
  if (next === undefined || isSelfIssued(certificate) || hasIssued(next.certificate, certificate)) return undefined
  const issuer = issuerOf(certificate, file)
  if (issuer === undefined) return `it is not issued by the next certificate, block ${next.block}`
  return `it is issued by block ${issuer.block}, and not by the next certificate: each stands right before its issuer`
}

/** Which certificate of a file issued one; undefined where none of it did. */
export function issuerOf(certificate: Certificate, file: readonly PlacedCertificate[]): PlacedCertificate | undefined {
  return file.find((other) => hasIssued(other.certificate, certificate))
}

/** Whether a certificate names itself as its issuer, as those of roots do. */
export function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return isDeepStrictEqual(issuer, subject)
}

function hasIssued(issuer: Certificate, certificate: Certificate): boolean {
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey)
}

function readable(der: Buffer): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
