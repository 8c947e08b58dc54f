import { AuthError } from '../../core/errors.ts'
import { type PemPart, scanPem } from '../../identity/pem-blocks.ts'
import { inspectBlock } from './block.ts'
import { certificatesOf } from './chain.ts'
import { contentLabelOf } from './content-label.ts'
import type { Inspection } from './inspection.ts'

export const MAX_INSPECTED_BYTES = 1024 * 1024

/** Each certificate is compared with each. */
const MAX_BLOCKS = 100

/**
 * Says what each block of a file in PEM is, or a file in DER, and what is wrong with it. Bad content is told, not thrown.
 * Of a private key, only its kind is told.
 * @param now milliseconds since 1970
 * @throws AuthError REQUEST_INVALID for a file that is too large, has too many blocks, or none
 */
export function inspect(bytes: Uint8Array, now: number): readonly Inspection[] {
  if (bytes.length > MAX_INSPECTED_BYTES) throw refused(`it has more than ${MAX_INSPECTED_BYTES} bytes`)
  const parts = partsOf(Buffer.from(bytes))
  if (parts.length === 0) throw refused('it holds neither a block in PEM nor a value in DER')
  if (parts.length > MAX_BLOCKS) throw refused(`it holds ${parts.length} blocks, of at most ${MAX_BLOCKS}`)

  const file = certificatesOf(parts)
  return parts.map((part, index) => ({ block: index + 1, ...inspectBlock(part, { block: index + 1, file, now }) }))
}

/** What every value in DER begins with that is known here. */
const SEQUENCE = 0x30

function partsOf(bytes: Buffer): readonly PemPart[] {
  const parts = scanPem(bytes.toString('latin1'))
  if (parts.length > 0 || bytes[0] !== SEQUENCE) return parts
  return [{ kind: 'block', label: contentLabelOf(bytes) ?? 'DER', headers: [], content: bytes }]
}

function refused(problem: string): AuthError {
  return new AuthError('REQUEST_INVALID', `The file cannot be inspected: ${problem}.`)
}
