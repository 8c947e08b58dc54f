import { tellDistrust } from '../ca/distrust.ts'
import { tellInit } from '../ca/init.ts'
import { tellIssue } from '../ca/issue.ts'
import { tellRefusals } from '../ca/refusals.ts'
import { tellRevocation } from '../ca/revocation.ts'
import { tellIntermediateRotation } from '../ca/rotate-intermediate.ts'
import { tellRootRotation } from '../ca/rotate-root.ts'
import { setScene } from '../ca/scene.ts'
import type { Report } from '../report.ts'
import type { Stage } from '../stage.ts'

/** A CA issues, refuses, revokes, and has its own keys replaced; who can still call whom is tried after each step. */
export async function tellCaStory(stage: Stage, report: Report): Promise<void> {
  const scene = setScene(stage, report)
  report.say(`A CA in ${stage.directory} (removed at the end): an operator's commands, and what comes of them`)
  report.say('in handshakes over mutual TLS 1.3')
  await tellInit(scene)
  const first = await tellIssue(scene)
  await tellRefusals(scene)
  const orders = await tellRevocation(scene, first)
  const belowNew = await tellIntermediateRotation(scene, { orders, inventory: first.inventory })
  const belowNewRoot = await tellRootRotation(scene, belowNew)
  await tellDistrust(scene, belowNewRoot)
}
