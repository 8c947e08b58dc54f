import { randomBytes } from 'node:crypto'

/**
 * A serial number in hex: 16 random octets, the top bit clear and the next one set, so that
 * the INTEGER is positive and has one length (RFC 5280 section 4.1.2.2).
 */
export function randomSerialNumber(): string {
  const octets = randomBytes(16)
  octets.writeUInt8((octets.readUInt8() & 0x7f) | 0x40)
  return octets.toString('hex')
}
