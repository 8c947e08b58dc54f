import { AuthError } from '../../core/errors.ts'

/**
 * A serial number as openssl prints it, or as we do: in lowercase hex then.
 * @throws AuthError REQUEST_INVALID
 */
export function parseSerialNumber(text: string): string {
  const serialNumber = text.replaceAll(':', '').toLowerCase()
  if (/^[0-9a-f]{1,40}$/.test(serialNumber)) return serialNumber
  throw new AuthError(
    'REQUEST_INVALID',
    'A serial number is written in hex: up to 40 digits, colons between them or none.',
  )
}
