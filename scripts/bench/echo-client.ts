/** Calls an echo over mutual TLS, in one of three ways; the first argument names it. */

import { Metadata } from '@grpc/grpc-js'
import { type CredentialMaterial, createLogger, parseAddress, parseCredential } from 'countersign'
import { systemClock } from '../../src/core/clock.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import { callInTurn } from './calls-in-turn.ts'
import { Echo } from './protos.ts'
import { stockSay } from './stock-client.ts'
import { answerRequests } from './worker.ts'

export interface ClientSetUp {
  readonly material: CredentialMaterial
  /** Where the authority answers. */
  readonly authority: string
  /** Where the echo answers. */
  readonly address: string
  /** A token for the echo. */
  readonly token: string
}

type Say = () => Promise<unknown>

const CLIENTS: Readonly<Record<string, (setUp: ClientSetUp) => Promise<Say>>> = {
  bare: async ({ material, address }) => stockSay(material, address),
  naive: async ({ material, address, token }) => stockSay(material, address, () => bearing(token)),
  ours: ourSay,
}

let say: Say = () => Promise.reject(new Error('not started'))

answerRequests({
  start: async (setUp: ClientSetUp) => {
    say = (await CLIENTS[process.argv[2] ?? '']?.(setUp)) ?? say
    await say()
  },
  round: (calls: number) => callInTurn(say, calls),
})

async function ourSay({ material, authority, address }: ClientSetUp): Promise<Say> {
  const credential = parseCredential(material, systemClock(), 'the benchmark')
  const logger = createLogger('caller')
  const workload = await joinWith(credential, { authorities: [parseAddress(authority)], logger, clock: systemClock })
  const client = workload.createClient(Echo, 'echo', address)
  return () => client.say({ text: 'hello' })
}

function bearing(token: string): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  return metadata
}
