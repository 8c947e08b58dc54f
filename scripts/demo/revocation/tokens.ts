import { writeFile } from 'node:fs/promises'
import { ALLOWED, outcomeOf, refused, tellCall } from '../call-rows.ts'
import { HeldConnections } from './held-connections.ts'
import type { RevocationScene } from './scene.ts'
import { tellSpread } from './spread.ts'

/** Tokens that were stolen are revoked: by an operator, and by a service. */
export async function tellTokens(scene: RevocationScene): Promise<void> {
  const { report, guard, replicas, credentialOf, tokenOf } = scene
  report.say('\nTokens are revoked, while they are presented to three replicas without pause')
  report.say('(here and below, the time counts from when the command, or the call, was begun)')
  const credential = await credentialOf('depot')
  const [first, second] = await Promise.all([tokenOf(credential), tokenOf(credential)])
  const connections = new HeldConnections(replicas, credential, 'Restock')
  const expected = [refused('UNAUTHENTICATED', 'TOKEN_REVOKED')]
  const spread = { caller: 'depot', method: 'Restock', connections, expected } as const
  try {
    await tellSpread(report, { ...spread, token: first, revoke: () => revokeByOperator(scene, first) })
    const revoke = () => outcomeOf(guard.revoke({ token: second }))
    const byService = () => tellCall(report, 'guard', 'authority Revoke', ALLOWED, revoke)
    await tellSpread(report, { ...spread, token: second, revoke: byService })
  } finally {
    connections.close()
  }
}

const TOKEN_FILE = 'stolen-token'
const OWNER_ONLY = 0o600

/** A token in the command itself could be read by every user of the machine. */
export async function revokeByOperator({ stage, operator }: RevocationScene, token: string): Promise<void> {
  await stage.write(() => writeFile(stage.path(TOKEN_FILE), token, { mode: OWNER_ONLY }))
  await operator.run<{ readonly clientId: string }>(
    `revoke token ${TOKEN_FILE}`,
    ({ clientId }) => `A token of ${clientId} is revoked.`,
    'depot is revoked',
  )
}
