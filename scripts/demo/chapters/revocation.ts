import type { Report } from '../report.ts'
import { tellBlock } from '../revocation/block.ts'
import { tellCertificate } from '../revocation/certificate.ts'
import { tellKilledKey } from '../revocation/killed-key.ts'
import { tellOutage } from '../revocation/outage.ts'
import { tellRotation } from '../revocation/rotated-key.ts'
import { setScene } from '../revocation/scene.ts'
import { tellStatus } from '../revocation/status.ts'
import { tellStream } from '../revocation/stream.ts'
import { tellTokens } from '../revocation/tokens.ts'
import type { Stage } from '../stage.ts'

/** What was issued is taken back, in every way there is; each time it is measured when the last verifier refuses it. */
export async function tellRevocationStory(stage: Stage, report: Report): Promise<void> {
  const scene = await setScene(stage, report)
  try {
    await tellStatus(scene)
    await tellTokens(scene)
    await tellStream(scene)
    await tellKilledKey(scene)
    await tellRotation(scene, () => tellCertificate(scene))
    await tellBlock(scene)
    await tellOutage(scene)
  } finally {
    await scene.leave()
  }
}
