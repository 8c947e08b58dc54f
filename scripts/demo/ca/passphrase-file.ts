import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Stage } from '../stage.ts'

const FILE = 'passphrase'
const GUESS = 'guessed-passphrase'

/** What a command is given that uses a key of the CA. */
export const WITH_PASSPHRASE = `--passphrase-file ${FILE}`

/** The same by somebody who does not know the passphrase. */
export const WITH_GUESS = `--passphrase-file ${GUESS}`

const OWNER_ONLY = 0o600

/** Writes a passphrase that is made for this run, and one that is not it. Nobody is told either. */
export async function writePassphrases(stage: Stage): Promise<void> {
  for (const file of [FILE, GUESS]) {
    const text = `${randomBytes(24).toString('base64url')}\n`
    await stage.write(() => writeFile(stage.path(file), text, { mode: OWNER_ONLY }))
  }
}
