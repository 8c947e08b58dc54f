import type { KeyObject } from 'node:crypto'
import { wholeSecond } from '../../core/clock.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { encodePem } from '../../identity/pem.ts'
import { keyIdOf } from '../certificate/key-identity.ts'
import type { Validity } from '../certificate/profiles.ts'
import { issueCrl, requireCrlIssuer } from './crl.ts'
import type { CrlRegister, RevokedEntry } from './crl-register.ts'
import type { CrlTemplate } from './tbs-cert-list.ts'

/** A CRL, and what stands on it. */
export interface IssuedCrl extends CrlTemplate {
  /** PEM, labelled `X509 CRL`. */
  readonly pem: string
}

export interface CreateCrlOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** How long peers may go by it: from then on those that check CRLs refuse everyone, until they have the next one. */
  readonly validity: Validity
  /**
   * What is revoked beside the certificates that the register knows: a root's intermediates. Asked for after the number
   * was taken, so that whatever was revoked by then stands on the CRL.
   */
  readonly extraEntries?: () => Promise<readonly RevokedEntry[]>
}

/**
 * Creates the next CRL of an issuer: a root or an intermediate. Its number is on disk before it is signed, so that no
 * two CRLs have one number; a number whose CRL was never made is left out.
 * @param issuerKey the private key of the issuer
 * @throws AuthError as the register; as `issueCrl`
 */
export async function createCrl(
  issuer: Certificate,
  issuerKey: KeyObject,
  register: CrlRegister,
  { now, validity, extraEntries = async () => [] }: CreateCrlOptions,
): Promise<IssuedCrl> {
  requireCrlIssuer(issuer)
  // Peers whose clocks are behind would refuse everyone by a CRL of the future.
  const thisUpdate = wholeSecond(Math.max(now - validity.backdatingMs, issuer.notBefore))
  const period = { thisUpdate, nextUpdate: wholeSecond(now + validity.lifetimeMs) }
  const { number, revoked } = await register.next(keyIdOf(issuer.publicKey), period)
  // The start is backdated: what was revoked since then was not revoked later than the CRL says it speaks.
  const entries = [...revoked, ...(await extraEntries())].map((entry) => ({
    ...entry,
    revokedAt: Math.min(entry.revokedAt, thisUpdate),
  }))
  const template = { number, ...period, entries }
  const { der } = issueCrl(template, issuerKey, issuer)
  return { ...template, pem: encodePem('X509 CRL', der) }
}
