import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { encodeBundle, loadBundle } from '../../../src/ca/directory/bundle.ts'
import { caFilesOf, keyFileOf, statementFileOf } from '../../../src/ca/directory/ca-files.ts'
import { chainOf, labelOf, rootsOf, trustedRoots } from '../../../src/ca/issuers/authorities.ts'
import { awaitedStatement } from '../../../src/ca/issuers/statements.ts'
import type { Stored } from './stored.ts'

/** What a killed command has left undone, and the next one has not made good. */
export async function settledProblems(directory: string, { state }: Stored): Promise<readonly string[]> {
  const problems: string[] = []
  const { bundle } = caFilesOf(directory)
  if (rootsOf(state, 'active').length > 0) {
    const onDisk = await readFile(bundle, 'utf8').catch(String)
    const loaded = encodeBundle(await loadBundle(directory, state, Date.now()))
    const known = encodeBundle(trustedRoots(state).map((root) => chainOf(root)[0]))
    if (onDisk !== loaded) problems.push(`${bundle} is not the bundle`)
    if (loaded.length !== known.length) problems.push(`the bundle does not have the roots that the store knows`)
  }
  const awaited = awaitedStatement(state)
  if (awaited !== undefined) {
    const text = await readFile(statementFileOf(directory, awaited.sequence), 'utf8').catch(String)
    if (text !== awaited.text) problems.push(`bundle statement ${awaited.sequence} is not where it is to be signed`)
  }
  for (const authority of state.authorities.filter((one) => one.state === 'retired')) {
    if (existsSync(keyFileOf(directory, authority))) problems.push(`the key of ${labelOf(authority)} is still there`)
  }
  return problems
}
