import { lookAtKeys } from './ca-directory.ts'
import { listAll } from './list.ts'
import { WITH_GUESS, WITH_PASSPHRASE, writePassphrases } from './passphrase-file.ts'
import type { CaScene } from './scene.ts'

/** A CA is made, and its keys are of no use without the passphrase. */
export async function tellInit(scene: CaScene): Promise<void> {
  const { stage, report, operator, names } = scene
  report.say('\nA CA is made. The passphrase of its keys is made for this run, in a file, and shown nowhere')
  await writePassphrases(stage)
  await operator.run<{ readonly authorities: readonly string[] }>(
    `ca init --trust-domain shop.internal ${WITH_PASSPHRASE}`,
    ({ authorities }) => `Made ${authorities.map((label) => `${names.of(label)} (${label})`).join(' and ')}.`,
    'Made root 1 (',
  )
  await lookAtKeys(scene, 'intermediate 1, root 1')
  const guessed = `ca issue orders --out orders ${WITH_GUESS}`
  await Promise.all([
    operator.runRefused(guessed, 'CONFIGURATION_INVALID', 'cannot be decrypted'),
    listAll(scene, 'root 1 active, intermediate 1 active; of services: none'),
  ])
}
