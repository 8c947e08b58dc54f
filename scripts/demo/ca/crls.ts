import { readdir, readFile } from 'node:fs/promises'
import type { ReadCrls } from './meetings.ts'
import { WITH_PASSPHRASE } from './passphrase-file.ts'
import type { CaScene } from './scene.ts'

const FOLDER = 'crls'

interface Published {
  readonly crls: readonly {
    readonly issuer: string
    readonly revoked: readonly string[]
  }[]
}

/**
 * Has the CA write its CRLs, and reads what then lies in their folder, as a server would.
 * @param words `root 1: 0 revoked; intermediate 1: 2 revoked`
 */
export async function publishCrls({ stage, operator, names }: CaScene, words: string): Promise<ReadCrls> {
  const told = ({ crls }: Published) =>
    crls.map(({ issuer, revoked }) => `${names.of(issuer)}: ${revoked.length} revoked`).join('; ')
  await operator.run<Published>(`ca crl --out ${FOLDER} ${WITH_PASSPHRASE}`, told, words)
  const files = (await readdir(stage.path(FOLDER))).filter((file) => file.endsWith('.crl'))
  return { crls: await Promise.all(files.map((file) => readFile(stage.path(FOLDER, file), 'utf8'))) }
}
