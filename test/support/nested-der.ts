/** Lists in DER, each the only thing in the next. */
export function nestedDer(depth: number): Buffer {
  const headers: Buffer[] = []
  for (let length = 0; headers.length < depth; ) {
    const header = headerOf(length)
    headers.unshift(header)
    length += header.length
  }
  return Buffer.concat(headers)
}

function headerOf(length: number): Buffer {
  if (length < 128) return Buffer.of(0x30, length)
  const digits = length.toString(16)
  const octets = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.of(0x30, 0x80 | octets.length), octets])
}
