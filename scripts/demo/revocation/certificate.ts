import { parseCertificates } from '../../../src/identity/pem-certificates.ts'
import { tellCut } from './cut.ts'
import { HeldConnections } from './held-connections.ts'
import { tellPresented } from './presented.ts'
import type { RevocationScene } from './scene.ts'

/** A certificate is revoked, as if its key had been stolen. Another of the same service is as good as ever. */
export async function tellCertificate(scene: RevocationScene): Promise<void> {
  const { report, operator, replicas, credentialOf, tokenOf } = scene
  report.say('\n  The certificate of depot is revoked')
  const stolen = await credentialOf('depot')
  const [{ serialNumber }] = parseCertificates(stolen.certificateChain, 'the certificate of depot')
  const revoke = () =>
    operator.run<{ readonly revocation: { readonly reason: string } }>(
      `revoke certificate ${serialNumber} --reason keyCompromise`,
      ({ revocation }) => `The certificate of depot is revoked: ${revocation.reason}.`,
      'depot is revoked: keyCompromise',
    )
  await tellCut(scene, { service: 'depot', method: 'Restock', revoke })

  await operator.run(
    'ca issue depot --dns localhost --out credentials',
    () => 'depot has another certificate, and another key.',
    'another certificate',
  )
  const credential = await credentialOf('depot')
  const connections = new HeldConnections(replicas, credential, 'Restock')
  try {
    const token = await tokenOf(credential)
    await tellPresented(report, 'depot', 'each replica, new certificate', () => connections.present(token))
  } finally {
    connections.close()
  }
}
