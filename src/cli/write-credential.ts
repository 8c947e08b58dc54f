import { dirname } from 'node:path'
import { encodeBundle } from '../ca/directory/bundle.ts'
import { CERTIFICATE_MODE, KEY_MODE, replaceFiles } from '../ca/directory/durable-files.ts'
import { settle } from '../ca/directory/settle.ts'
import { AuthError } from '../core/errors.ts'
import { loadText } from '../core/text-file.ts'
import type { CredentialFiles } from '../identity/credential-files.ts'
import { findPrivateKey } from '../identity/credential-key.ts'
import { encodePrivateKey } from '../identity/key-pair.ts'
import { parseCertificates } from '../identity/pem-certificates.ts'
import { type OpenCa, placeOf } from './ca-context.ts'
import { makeDirectory } from './make-directory.ts'

/** What a service receives beside the bundle, in PEM. */
export interface Material {
  readonly certificateChain: string
  /** Undefined: the service has it. */
  readonly privateKey?: string
}

/**
 * Writes a service's credential, in place of a former one, with the bundle as it is after the certificate was
 * recorded: who looks which certificates came before a change of the bundle must not be wrong. Of several processes one
 * after the other, so that what lies there in the end is of one of them.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function writeCredential(open: OpenCa, files: CredentialFiles, material: Material): Promise<void> {
  await makeDirectory(dirname(files.certificateChain))
  await settle(placeOf(open), async (_, roots) => {
    const bundle = { file: files.bundle, text: encodeBundle(roots), mode: CERTIFICATE_MODE }
    const chain = { file: files.certificateChain, text: material.certificateChain, mode: CERTIFICATE_MODE }
    if (material.privateKey === undefined) return replaceFiles([bundle, chain])

    const former = await keyInUse(files)
    const key = { file: files.privateKey, text: material.privateKey, mode: KEY_MODE }
    // Roots first: a reader that sees only a part of this can at least verify its peers. The former key stays beside the
    // next one until its certificate is gone.
    await replaceFiles([bundle, { ...key, text: key.text + former }, chain])
    if (former !== '') await replaceFiles([key])
  })
}

/** The key of the certificate that is there, in PEM; empty where there is none, or it is of another. */
async function keyInUse({ certificateChain, privateKey }: CredentialFiles): Promise<string> {
  try {
    const [leaf] = parseCertificates(await loadText(certificateChain), certificateChain)
    const key = findPrivateKey(await loadText(privateKey), leaf, privateKey)
    return key === undefined ? '' : encodePrivateKey(key)
  } catch (error) {
    if (error instanceof AuthError) return ''
    throw error
  }
}
