import { mkdir, writeFile } from 'node:fs/promises'
import { publishCrls } from './crls.ts'
import type { HeldCredential } from './held-credential.ts'
import type { FirstIssued } from './issue.ts'
import { WITH_PASSPHRASE } from './passphrase-file.ts'
import { type CaScene, everyoneMeets } from './scene.ts'

/** A certificate is renewed and the former one revoked, as if its key had been stolen; so is all that a service has. */
export async function tellRevocation(scene: CaScene, first: FirstIssued): Promise<HeldCredential> {
  const { report, operator, services, meetings } = scene
  const { orders: stolen, inventory, billing } = first
  report.say('\nRenewed, then revoked: the key of orders 1 is known to have been stolen, and billing is given up')
  const orders = await services.renew('orders', 'by intermediate 1, trusting root 1;')
  await everyoneMeets(scene)
  await Promise.all([services.revoke(stolen, 'keyCompromise'), services.revokeService('billing')])
  await leaveCertificate(scene, stolen)
  const [crls] = await Promise.all([
    publishCrls(scene, 'root 1: 0 revoked; intermediate 1: 2 revoked'),
    operator.runRefused(`ca renew orders --out stolen ${WITH_PASSPHRASE}`, 'REQUEST_INVALID', 'revoked: keyCompromise'),
  ])

  report.say('\n  A server of plain TLS that reads the CRLs')
  await meetings.accepted(orders, inventory, crls)
  await meetings.refused(stolen, inventory, 'server: CERT_REVOKED', crls)
  await meetings.refused(billing, inventory, 'server: CERT_REVOKED', crls)
  return orders
}

/** Where the thief would have it renewed. */
async function leaveCertificate({ stage }: CaScene, { service, credential }: HeldCredential): Promise<void> {
  await stage.write(async () => {
    await mkdir(stage.path('stolen'), { recursive: true })
    await writeFile(stage.path('stolen', `${service}.pem`), credential.certificateChain)
  })
}
