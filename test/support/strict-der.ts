const MAX_DEPTH = 24
const [INTEGER, ENUMERATED, SEQUENCE, SET, BMP_STRING, GREATER] = [2, 10, 16, 17, 30, 31]
const [APPLICATION, CONSTRUCTED, UNIVERSAL, PRIVATE] = [1, 0x20, 0, 3]

/** Whether bytes are one DER value, of the kinds that certificates use: read by other means than the source's. */
export function isStrictDer(bytes: Uint8Array): boolean {
  return endOf(bytes, 0, 0) === bytes.length
}

/** Where the value ends that starts at a place; undefined where it is not in DER. */
function endOf(bytes: Uint8Array, start: number, depth: number): number | undefined {
  const [identifier, first] = bytes.subarray(start, start + 2)
  if (identifier === undefined || first === undefined || depth === MAX_DEPTH) return undefined
  const [tagClass, tag, isConstructed] = [identifier >> 6, identifier & 31, (identifier & CONSTRUCTED) !== 0]
  if (tagClass === APPLICATION || tagClass === PRIVATE || tag === GREATER) return undefined
  const isUniversal = tagClass === UNIVERSAL
  if (isUniversal && (tag === 0 || isConstructed !== (tag === SEQUENCE || tag === SET))) return undefined

  const lengthOctets = first < 0x80 ? [first] : [...bytes.subarray(start + 2, start + 2 + (first & 0x7f))]
  const length = lengthOctets.reduce((sum, octet) => sum * 256 + octet, 0)
  const isShortest = first < 0x80 || (length >= 0x80 && lengthOctets[0] !== 0)
  const contentStart = start + 2 + (first < 0x80 ? 0 : first & 0x7f)
  const end = contentStart + length
  if (!isShortest || end > bytes.length) return undefined

  if (isConstructed) return isRow(bytes.subarray(0, end), contentStart, depth + 1) ? end : undefined
  const content = bytes.subarray(contentStart, end)
  if (isUniversal && (tag === INTEGER || tag === ENUMERATED) && !isShortestNumber(content)) return undefined
  return tag === BMP_STRING && length % 2 !== 0 ? undefined : end
}

function isRow(bytes: Uint8Array, start: number, depth: number): boolean {
  if (start === bytes.length) return true
  const next = endOf(bytes, start, depth)
  return next !== undefined && isRow(bytes, next, depth)
}

function isShortestNumber(content: Uint8Array): boolean {
  const hex = Buffer.from(content).toString('hex')
  return hex !== '' && !/^(00[0-7]|ff[89a-f])/.test(hex)
}
