/** Calls an echo over mutual TLS, in one of three ways; the first argument names it. */

import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { type CredentialMaterial, createLogger, parseAddress, parseCredential } from 'countersign'
import { systemClock } from '../../src/core/clock.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import { Echo } from './protos.ts'
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
  bare: async (setUp) => stockSay(setUp, () => new Metadata()),
  naive: async (setUp) => stockSay(setUp, () => bearing(setUp.token)),
  ours: ourSay,
}

const CALLS_IN_FLIGHT = 16

let say: Say

answerRequests({
  start: async (setUp: ClientSetUp) => {
    say = (await CLIENTS[process.argv[2] ?? '']?.(setUp)) ?? Promise.reject
    await say()
  },
  round: async (calls: number) => {
    let left = calls
    const callInTurn = async () => {
      while (left > 0) {
        left -= 1
        await say()
      }
    }
    await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, callInTurn))
  },
})

async function ourSay({ material, authority, address }: ClientSetUp): Promise<Say> {
  const credential = parseCredential(material, systemClock(), 'the benchmark')
  const workload = await joinWith(credential, {
    authority: parseAddress(authority),
    logger: createLogger('caller'),
    clock: systemClock,
  })
  const client = workload.createClient(Echo, 'echo', address)
  return () => client.say({ text: 'hello' })
}

function stockSay({ material, address }: ClientSetUp, metadata: () => Metadata): Say {
  const [root, key, chain] = [material.bundle, material.privateKey, material.certificateChain].map((pem) =>
    Buffer.from(pem),
  )
  const client = new Echo(address, credentials.createSsl(root, key, chain))
  return () =>
    new Promise((resolve, reject) => {
      client.say({ text: 'hello' }, metadata(), (error: ServiceError | null, response?: object) =>
        error === null ? resolve(response) : reject(error),
      )
    })
}

function bearing(token: string): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  return metadata
}
