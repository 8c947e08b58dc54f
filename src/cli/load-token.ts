import { loadBounded } from '../core/bounded-file.ts'
import { AuthError } from '../core/errors.ts'
import { MAX_TOKEN_LENGTH } from '../token/compact.ts'

/** With what may stand around it. */
const MAX_BYTES = 2 * MAX_TOKEN_LENGTH

/**
 * Loads a token from a file, or from standard input where that is "-". One that stands in the command itself is refused:
 * every user of the machine can read that.
 * @throws AuthError REQUEST_INVALID, CONFIGURATION_INVALID; the message never holds a part of the token
 */
export async function loadToken(source: string, stdin: AsyncIterable<Uint8Array> = process.stdin): Promise<string> {
  if (isToken(source)) {
    throw new AuthError(
      'REQUEST_INVALID',
      'A token in a command can be read by every user of this machine: write the file that holds it, or - and send it to standard input.',
    )
  }
  const contents = source === '-' ? await readBounded(stdin) : await loadBounded(source, MAX_BYTES)
  if (contents.length <= MAX_BYTES) return contents.toString('latin1').trim()
  throw new AuthError('REQUEST_INVALID', 'What was sent is too long for a token.')
}

/** A JWS begins with the base64url of `{"`. */
function isToken(text: string): boolean {
  return text.startsWith('eyJ')
}

async function readBounded(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_BYTES) break
  }
  return Buffer.concat(chunks)
}
