import { isDeepStrictEqual } from 'node:util'
import { DerError } from '../../core/der-node.ts'
import { type Certificate, parseCertificate } from '../../identity/certificate.ts'
import type { PemPart } from '../../identity/pem-blocks.ts'
import { type KeyKind, publicKeyKind } from './key-kind.ts'

/** A certificate of a file, and the block in which it stands. */
export interface PlacedCertificate {
  readonly block: number
  readonly certificate: Certificate
  readonly keyKind: KeyKind
}

/** @throws DerError for what is not a well-formed certificate */
export function placeCertificate(der: Buffer, block: number): PlacedCertificate {
  const certificate = parseCertificate(der)
  return { block, certificate, keyKind: publicKeyKind(certificate.publicKeyInfo) }
}

/** The certificates among the blocks of a file, of those that can be read. */
export function certificatesOf(parts: readonly PemPart[]): readonly PlacedCertificate[] {
  return parts.flatMap((part, index) => {
    const placed = part.kind === 'block' && part.label === 'CERTIFICATE' && readable(part.content, index + 1)
    return placed ? [placed] : []
  })
}

/** Which certificate of a file issued one. */
export interface IssuerSearch {
  readonly issuer: PlacedCertificate | undefined
  /** Whether all were tried that may have. */
  readonly isWhole: boolean
}

/** Each costs a verification: a file may have a hundred of one name, and no key identifiers to tell them apart. */
const MAX_TRIED = 4

/** Tries the certificate itself, those that follow it, and those before. */
export function findIssuer(placed: PlacedCertificate, file: readonly PlacedCertificate[]): IssuerSearch {
  const { x509 } = placed.certificate
  const position = file.indexOf(placed)
  const candidates = [...file.slice(position), ...file.slice(0, position)].filter(({ certificate }) =>
    x509.checkIssued(certificate.x509),
  )
  const tried = candidates.filter(({ keyKind }) => keyKind.isBounded).slice(0, MAX_TRIED)
  const issuer = tried.find(({ certificate }) => x509.verify(certificate.publicKey))
  return { issuer, isWhole: tried.length === candidates.length }
}

/** Why a certificate stands in the wrong place of a chain, in words; `undefined` where it does not. */
export function orderProblem(
  { block, certificate }: PlacedCertificate,
  file: readonly PlacedCertificate[],
  { issuer, isWhole }: IssuerSearch,
): string | undefined {
  const next = file.find((other) => other.block > block)
  if (next === undefined || isSelfIssued(certificate) || issuer === next) return undefined
  if (issuer !== undefined) {
    return `it is issued by block ${issuer.block}, and not by the next certificate: each stands right before its issuer`
  }
  if (isWhole) return `it is not issued by the next certificate, block ${next.block}`
  return `it is not known whether it is issued by the next certificate, block ${next.block}: ${NOT_TRIED}`
}

const NOT_TRIED = 'too many have the name of its issuer, or one has a key that is not looked at'

/** Whether a certificate names itself as its issuer, as those of roots do. */
export function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return isDeepStrictEqual(issuer, subject)
}

function readable(der: Buffer, block: number): PlacedCertificate | undefined {
  try {
    return placeCertificate(der, block)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
