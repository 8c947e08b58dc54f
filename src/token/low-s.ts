/** The order of the group of P-256 (FIPS 186-4, D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const HALF_ORDER = Buffer.from((ORDER >> 1n).toString(16), 'hex')
/** A signature is r and s, 32 octets each (RFC 7518 section 3.4). */
const S_OFFSET = 32

/**
 * Whether a signature is the lower of two. ECDSA accepts (r, n − s) wherever it accepts (r, s), so anybody can
 * write a second form of a signature; only the one with the smaller s counts here.
 */
export function isLowS(signature: Buffer): boolean {
  return Buffer.compare(signature.subarray(S_OFFSET), HALF_ORDER) <= 0
}

/** The lower form of a signature. */
export function toLowS(signature: Buffer): Buffer {
  if (isLowS(signature)) return signature
  const s = (ORDER - readS(signature)).toString(16).padStart(2 * S_OFFSET, '0')
  return Buffer.concat([signature.subarray(0, S_OFFSET), Buffer.from(s, 'hex')])
}

function readS(signature: Buffer): bigint {
  return BigInt(`0x${signature.subarray(S_OFFSET).toString('hex')}`)
}
