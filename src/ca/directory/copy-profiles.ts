import { fileExists, loadText } from '../../core/text-file.ts'
import { CERTIFICATE_MODE, replaceFiles } from './durable-files.ts'

/**
 * Copies profiles to where a CA has its own, unless they are there.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function copyProfiles(source: string, destination: string): Promise<void> {
  if (await fileExists(destination)) return
  // Half a file would be taken for the whole the next time.
  await replaceFiles([{ file: destination, text: await loadText(source), mode: CERTIFICATE_MODE }])
}
