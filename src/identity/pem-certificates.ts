import { DerError } from '../core/der-node.ts'
import { AuthError } from '../core/errors.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { decodeCertificates } from './pem.ts'

/**
 * Reads the certificates of a PEM text, in their order; at least one.
 * @param place what holds them, for the message
 * @throws AuthError CONFIGURATION_INVALID
 */
export function parseCertificates(pem: string, place: string): readonly [Certificate, ...Certificate[]] {
  const [first, ...others] = decodeCertificates(pem, place).map((der) => parse(der, place))
  if (first === undefined) throw new TypeError('A PEM text without a certificate was decoded.')
  return [first, ...others]
}

function parse(der: Buffer, place: string): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new AuthError('CONFIGURATION_INVALID', `${place}: a certificate cannot be read: ${error.message}.`)
  }
}
