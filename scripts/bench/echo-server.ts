/** An echo over mutual TLS, in one of three ways; the first argument names it. */

import { createPublicKey } from 'node:crypto'
import { ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder, status } from '@grpc/grpc-js'
import { type CredentialMaterial, createLogger, parseAddress, parseCredential } from 'countersign'
import { jwtVerify } from 'jose'
import { systemClock } from '../../src/core/clock.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import { Echo } from './protos.ts'
import { serveStock } from './stock-server.ts'
import { answerRequests } from './worker.ts'

export interface ServerSetUp {
  readonly material: CredentialMaterial
  /** Where the authority answers. */
  readonly authority: string
  readonly issuer: string
  readonly audience: string
  /** The authority's verification key: SubjectPublicKeyInfo in DER. */
  readonly verificationKey: Uint8Array
}

const SERVERS: Readonly<Record<string, (setUp: ServerSetUp) => Promise<number>>> = {
  bare: ({ material }) => serveStock(material),
  naive: (setUp) => serveStock(setUp.material, { interceptors: [verifyingInterceptor(setUp)] }),
  ours: serveOurs,
}

answerRequests({
  start: (setUp: ServerSetUp) => SERVERS[process.argv[2] ?? '']?.(setUp) ?? Promise.reject(new Error('unknown server')),
})

async function serveOurs({ material, authority }: ServerSetUp): Promise<number> {
  const credential = parseCredential(material, systemClock(), 'the benchmark')
  const workload = await joinWith(credential, {
    authorities: [parseAddress(authority)],
    logger: createLogger('echo'),
    clock: systemClock,
  })
  const server = workload.createServer()
  server.addService(Echo, { say: async ({ request }) => request })
  return (await server.listen('localhost:0')).port
}

/** Verifies the token of each call with jose, as people write it. */
function verifyingInterceptor({ issuer, audience, verificationKey }: ServerSetUp): ServerInterceptor {
  const key = createPublicKey({ key: Buffer.from(verificationKey), type: 'spki', format: 'der' })
  return (_, call) => {
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata(async (metadata, next) => {
        try {
          const token = String(metadata.get('authorization')[0]).replace('Bearer ', '')
          const { payload } = await jwtVerify(token, key, { algorithms: ['ES256'], issuer, audience })
          if (!String(payload['scope']).split(' ').includes('echo.say')) throw new Error('no scope')
          next(metadata)
        } catch {
          call.sendStatus({ code: status.UNAUTHENTICATED, details: 'no valid token' })
        }
      })
      .build()
    return new ServerInterceptingCall(call, { start: (next) => next(listener) })
  }
}
