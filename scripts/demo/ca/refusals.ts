import { copyFile, mkdir } from 'node:fs/promises'
import { listAll } from './list.ts'
import { WITH_PASSPHRASE } from './passphrase-file.ts'
import { writeBadRequests } from './requests.ts'
import type { CaScene } from './scene.ts'
import { lookForChanges, takeSnapshot } from './snapshot.ts'

/** What the CA must refuse, whoever asks: the command, the code, and what the message must say. */
const REFUSALS: readonly (readonly [command: string, code: string, words: string])[] = [
  ['ca sign shipping --csr rsa.csr --out shipping', 'CERTIFICATE_REQUEST_INVALID', 'RSA keys are not certified'],
  ['ca sign shipping --csr naming.csr --out shipping', 'CERTIFICATE_REQUEST_INVALID', 'it asks for extensions'],
  [
    'ca sign shipping --csr billing/billing.csr --out shipping',
    'REQUEST_INVALID',
    'The key belongs to another service',
  ],
  ['ca issue shipping --dns *.shop.internal --out shipping', 'REQUEST_INVALID', 'no wildcard'],
  ['ca issue shipping --dns bank.example --out shipping', 'REQUEST_INVALID', 'may not have the DNS name bank.example'],
  ['ca issue countersign/authority --out shipping', 'REQUEST_INVALID', 'nobody else is it'],
  ['ca issue spiffe://bank.example/orders --out shipping', 'REQUEST_INVALID', 'no service of shop.internal'],
  ['ca renew orders --out stolen', 'REQUEST_INVALID', 'it is the certificate of spiffe://shop.internal/inventory'],
]

/** What must not be issued is refused, in words that say what to do, and leaves nothing behind. */
export async function tellRefusals(scene: CaScene): Promise<void> {
  const { stage, report, operator } = scene
  report.say('\nRefused: nothing that a request says is taken on trust, and no name is for the asking')
  await writeBadRequests(stage)
  await stage.write(async () => {
    await mkdir(stage.path('stolen'))
    await copyFile(stage.path('inventory', 'inventory.pem'), stage.path('stolen', 'orders.pem'))
  })
  const before = await takeSnapshot(scene)
  await Promise.all(
    REFUSALS.map(([command, code, words]) => operator.runRefused(`${command} ${WITH_PASSPHRASE}`, code, words)),
  )
  await lookForChanges(scene, before)
  await listAll(scene, 'root 1 active, intermediate 1 active; of services: 3 live')
}
