import { createReadStream } from 'node:fs'
import { AuthError, messageOf } from './errors.ts'

/**
 * Loads the bytes of a file, as many as `maxBytes` and one more: what is longer shows by that, also where it is a device
 * that has no end.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function loadBounded(file: string, maxBytes: number): Promise<Buffer> {
  try {
    const chunks: Buffer[] = await createReadStream(file, { end: maxBytes }).toArray()
    return Buffer.concat(chunks)
  } catch (error) {
    throw new AuthError('CONFIGURATION_INVALID', `${file}: cannot be read: ${messageOf(error)}.`)
  }
}
