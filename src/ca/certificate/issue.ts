import type { KeyObject } from 'node:crypto'
import { DerError } from '../../core/der-node.ts'
import { AuthError } from '../../core/errors.ts'
import { type Certificate, parseCertificate } from '../../identity/certificate.ts'
import { signValue } from '../../identity/signed-value.ts'
import { checkCertificate } from './check.ts'
import { tbsCertificate } from './tbs-certificate.ts'
import type { CertificateTemplate } from './template.ts'

/**
 * Builds a certificate, signs it, reads it again and compares it with its template.
 * @param issuerKey the private key that signs
 * @param issuer whose key that is; left out, the certificate issues itself
 * @throws AuthError INTERNAL where the certificate does not say what its template says
 */
export function issueCertificate(
  template: CertificateTemplate,
  issuerKey: KeyObject,
  issuer?: Certificate,
): Certificate {
  const certificate = readAgain(signValue(tbsCertificate(template), issuerKey))
  checkCertificate(certificate, template, issuer ?? certificate)
  return certificate
}

function readAgain(der: Buffer): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new AuthError('INTERNAL', `The CA made a certificate that cannot be read: ${error.message}. It is withheld.`)
  }
}
