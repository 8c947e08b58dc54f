import { AuthError } from '../core/errors.ts'

/**
 * The certificates of a PEM text, as DER, in their order.
 * @param place what holds them, for the message
 * @throws AuthError CONFIGURATION_INVALID where there is none, or one is damaged
 */
export function decodeCertificates(pem: string, place: string): readonly Buffer[] {
  const certificates = decodePem(['CERTIFICATE'], pem)
  if (certificates === undefined) {
    const problem = `${place} holds a certificate whose block in PEM is damaged`
    throw new AuthError('CONFIGURATION_INVALID', `${problem}: "countersign ca inspect" tells which.`)
  }
  if (certificates.length === 0) {
    throw new AuthError('CONFIGURATION_INVALID', `${place} holds no certificate in PEM form.`)
  }
  return certificates
}

/** One certificate as PEM, in lines of 64 characters, with a final newline. */
export function encodeCertificate(der: Uint8Array): string {
  return encodePem('CERTIFICATE', der)
}

/**
 * The blocks of a PEM text with one of these labels, in their order. Text around them is allowed (RFC 7468 section 2).
 * Undefined where there is the border of a block that is not whole: it would be missing without a word.
 */
export function decodePem(labels: readonly string[], pem: string): readonly Buffer[] | undefined {
  const anyLabel = labels.join('|')
  const borders = pem.match(new RegExp(`-----(?:BEGIN|END) (?:${anyLabel})-----`, 'g')) ?? []
  const begin = `-----BEGIN (${anyLabel})-----`
  const block = new RegExp(`${begin}\\r?\\n([A-Za-z0-9+/\\r\\n]+={0,2})\\r?\\n-----END \\1-----`, 'g')
  const blocks = [...pem.matchAll(block)]
  if (borders.length !== 2 * blocks.length) return undefined
  return blocks.map(([, , body = '']) => Buffer.from(body, 'base64'))
}

/** One block of PEM, in lines of 64 characters, with a final newline (RFC 7468). */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64')
  let lines = ''
  for (let start = 0; start < base64.length; start += 64) lines += `${base64.slice(start, start + 64)}\n`
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`
}
