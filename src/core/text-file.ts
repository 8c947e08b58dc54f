import { access, readFile } from 'node:fs/promises'
import { decodeUtf8 } from './encoding.ts'
import { AuthError, messageOf } from './errors.ts'

/**
 * Loads a text in UTF-8.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function loadText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AuthError('CONFIGURATION_INVALID', `${file}: cannot be read: ${messageOf(error)}.`)
  })
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new AuthError('CONFIGURATION_INVALID', `${file}: not in UTF-8.`)
  return text
}

export function fileExists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
