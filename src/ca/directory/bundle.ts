import { readFile } from 'node:fs/promises'
import { AuthError } from '../../core/errors.ts'
import { fileExists, loadText } from '../../core/text-file.ts'
import { verifyStatement } from '../../identity/bundle-statement.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { encodeCertificate } from '../../identity/pem.ts'
import { parseCertificates } from '../../identity/pem-certificates.ts'
import { chainOf, trustedRoots } from '../issuers/authorities.ts'
import type { CaState } from '../issuers/ca-state.ts'
import { caFilesOf } from './ca-files.ts'
import { CERTIFICATE_MODE, ensureFile } from './durable-files.ts'

/**
 * The roots of a CA: those that the store knows, once `bundle.pem`, which nobody but the directory's owner writes, or what
 * its roots have stated since has each of them. Who can write to the store alone cannot add one; nor can a root come in
 * of which nothing is recorded.
 * @param now milliseconds since 1970
 * @throws AuthError CONFIGURATION_INVALID where one is missing
 */
export async function loadBundle(directory: string, state: CaState, now: number): Promise<readonly Certificate[]> {
  const file = caFilesOf(directory).bundle
  const held = statedSince(parseCertificates(await loadText(file), file), state, now)
  const roots = trustedRoots(state).map((root) => chainOf(root)[0])
  if (roots.every((root) => held.some((other) => other.der.equals(root.der)))) return roots
  throw new AuthError(
    'CONFIGURATION_INVALID',
    `${file} lacks a root that the store knows, and no root in it vouches for that one. Put the bundle of this CA in its place.`,
  )
}

/** Writes the roots to `bundle.pem` where they are not what it holds. */
export async function writeBundle(directory: string, roots: readonly Certificate[]): Promise<void> {
  await ensureFile({ file: caFilesOf(directory).bundle, text: encodeBundle(roots), mode: CERTIFICATE_MODE })
}

/**
 * Writes the bundle of a CA that has none.
 * @throws AuthError CONFIGURATION_INVALID where a file with other roots is in its place
 */
export async function writeFirstBundle(directory: string, roots: readonly Certificate[]): Promise<void> {
  const { bundle } = caFilesOf(directory)
  const isOther = (await hasBundle(directory)) && (await readFile(bundle, 'utf8')) !== encodeBundle(roots)
  if (!isOther) return writeBundle(directory, roots)
  throw new AuthError('CONFIGURATION_INVALID', `${bundle} is there already, with other roots. Move that file away.`)
}

export function encodeBundle(roots: readonly Certificate[]): string {
  return roots.map(({ der }) => encodeCertificate(der)).join('')
}

export function hasBundle(directory: string): Promise<boolean> {
  return fileExists(caFilesOf(directory).bundle)
}

/** The roots after each statement that follows the one which the bundle was written by. */
function statedSince(bundle: readonly Certificate[], { trustDomain, statements }: CaState, now: number) {
  const signed = statements.flatMap(({ text, signature }) =>
    signature === undefined ? [] : [{ text, signature: Buffer.from(signature, 'base64') }],
  )
  return signed.reduce<readonly Certificate[]>((held, statement) => {
    const { roots } = verifyOrIgnore(statement, trustDomain, held, now) ?? { roots: held }
    return roots
  }, bundle)
}

/** A statement of roots that have gone since is history. Whether what is left suffices is judged by the caller. */
function verifyOrIgnore(...[statement, trustDomain, held, now]: Parameters<typeof verifyStatement>) {
  try {
    return verifyStatement(statement, trustDomain, held, now)
  } catch (error) {
    if (error instanceof AuthError) return undefined
    throw error
  }
}
