import { publishCrls } from './crls.ts'
import { listAll } from './list.ts'
import { WITH_PASSPHRASE } from './passphrase-file.ts'
import type { Pair } from './rotate-intermediate.ts'
import { Rotation } from './rotation.ts'
import { type CaScene, everyoneMeets } from './scene.ts'

/** The key of an intermediate is stolen: all that it has issued is given up at once, and another takes over. */
export async function tellDistrust(scene: CaScene, former: Pair): Promise<void> {
  const { report, operator, services, meetings } = scene
  report.say('\nThe emergency: the key of intermediate 3 is known to have been stolen')
  const [before] = await Promise.all([
    publishCrls(scene, 'root 2: 0 revoked; intermediate 3: 0 revoked'),
    distrust(scene, ''),
  ])
  await everyoneMeets(scene)
  await meetings.accepted(former.orders, former.inventory, before)

  await distrust(scene, ' --yes')
  services.forgetAllBy('intermediate 3')
  const issue = `ca issue orders --out orders ${WITH_PASSPHRASE}`
  const [crls] = await Promise.all([
    publishCrls(scene, 'root 2: 1 revoked'),
    operator.runRefused(issue, 'CONFIGURATION_INVALID', 'no active intermediate'),
    listAll(scene, 'root 2 active, intermediate 3 distrusted; of services: 11 revoked'),
  ])
  await meetings.refused(former.orders, former.inventory, 'server: CERT_REVOKED', crls)
  await tellRecovery(scene, former)
}

async function tellRecovery(scene: CaScene, former: Pair): Promise<void> {
  const { report, services, meetings } = scene
  report.say('\n  The way back: another intermediate below root 2, which every verifier trusts already')
  const intermediate = new Rotation(scene, 'intermediate')
  await intermediate.prepare('intermediate 4')
  await intermediate.activate('intermediate 4', [])
  const words = 'by intermediate 4, trusting root 2;'
  const [orders, inventory, crls] = await Promise.all([
    services.issue('orders', words),
    services.issue('inventory', words),
    publishCrls(scene, 'root 2: 1 revoked; intermediate 4: 0 revoked'),
  ])
  await everyoneMeets(scene)
  await meetings.accepted(orders, inventory, crls)
  await meetings.refused(former.orders, inventory, 'server: CERT_REVOKED', crls)
}

interface Distrusted {
  readonly name: string
  readonly distrusted: boolean
  readonly certificates: number
  readonly services: readonly string[]
}

/** @param yes without it, the command only says what would fail */
async function distrust({ operator, names }: CaScene, yes: '' | ' --yes'): Promise<void> {
  const told = ({ name, distrusted, certificates, services }: Distrusted) =>
    toldDistrust(names.of(name), distrusted, certificates, services)
  const words = toldDistrust('intermediate 3', yes !== '', 3, ['inventory', 'orders'])
  await operator.run<Distrusted>(`ca distrust ${names.labelOf('intermediate 3')}${yes}`, told, words)
}

function toldDistrust(name: string, isDone: boolean, count: number, services: readonly string[]): string {
  const failing = `${count} certificates, of ${services.join(' and ')}`
  return isDone
    ? `${name} is distrusted, and with it ${failing}.`
    : `${name} is as it was; with it would fail ${failing}.`
}
