import { Client, Metadata } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { AuthorityClient } from '../../../src/client/authority-client.ts'
import type { Address } from '../../../src/core/address.ts'
import type { Credential } from '../../../src/identity/credential.ts'
import { parseCertificates } from '../../../src/identity/pem-certificates.ts'
import { parseServicePath, serviceIdOf } from '../../../src/identity/service-id.ts'
import { channelCredentials } from '../../../src/testing/stock-client.ts'
import { type CallKind, callKind, type Outcome } from '../../support/call-kinds.ts'

/** Calls with a certificate and with whatever token it has, over clients of stock grpc-js, which ask nobody whether they may. */
export class Intruder {
  readonly credential: Credential
  readonly #clients = new Map<string, Client>()

  /** Its connections are closed after the test. */
  constructor(credential: Credential) {
    this.credential = credential
    onTestFinished(() => this.close())
  }

  get serialNumber(): string {
    return parseCertificates(this.credential.certificateChain, 'the certificate of an intruder')[0].serialNumber
  }

  /** A token for all that it is granted at the warehouse. */
  async token(authority: Address): Promise<string> {
    const client = new AuthorityClient({ address: authority, credential: this.credential })
    const audience = serviceIdOf(this.credential.trustDomain, parseServicePath('warehouse'))
    try {
      return (await client.issueToken({ audience, scopes: [] })).token
    } finally {
      client.close()
    }
  }

  call(address: string, token: string, kind: CallKind = 'unary'): Promise<Outcome> {
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${token}`)
    return callKind(this.client(address), kind, { metadata })
  }

  client(address: string): Client {
    const known = this.#clients.get(address)
    if (known !== undefined) return known
    const client = new Client(address, channelCredentials(this.credential), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 200,
    })
    this.#clients.set(address, client)
    return client
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }
}
