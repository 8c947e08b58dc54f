import { AuthError } from '../core/errors.ts'

const BLOCK = /-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n-----END CERTIFICATE-----/g

/**
 * The certificates of a PEM text, as DER, in their order. Text around the blocks is allowed (RFC 7468 section 2).
 * @throws AuthError CONFIGURATION_INVALID where there is none
 */
export function decodeCertificates(pem: string, place: string): readonly Buffer[] {
  const certificates = [...pem.matchAll(BLOCK)].map(([, body = '']) => Buffer.from(body, 'base64'))
  if (certificates.length === 0) {
    throw new AuthError('CONFIGURATION_INVALID', `${place} holds no certificate in PEM form.`)
  }
  return certificates
}

/** One certificate as PEM, in lines of 64 characters, with a final newline. */
export function encodeCertificate(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
