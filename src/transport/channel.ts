import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls'
import { type CallCredentials, Channel, type ChannelInterface, type ChannelOptions, credentials } from '@grpc/grpc-js'
import { type Address, formatAddress } from '../core/address.ts'
import { messageOf } from '../core/errors.ts'
import type { Credential } from '../identity/credential.ts'
import { type ServiceId, trustDomainOf } from '../identity/service-id.ts'
import { verifyPeer } from '../identity/verified-peer.ts'
import type { TokenSource } from '../token/token-source.ts'
import { PendingToken } from './pending-token.ts'
import { secureContextOptions } from './tls-options.ts'

export interface GenerationChannelOptions {
  readonly address: Address
  /** The service that must answer there. */
  readonly server: ServiceId
  /** What this side presents: the channel belongs to this one credential. */
  readonly credential: Credential
  /** Brings tokens that are bound to the same credential. Without it, a call that needs one fails. */
  readonly tokens?: TokenSource
}

const OPTIONS: ChannelOptions = {
  // Channels with equal targets would share connections across credentials.
  'grpc.use_local_subchannel_pool': 1,
  // The environment's HTTP proxy is not for calls inside the mesh.
  'grpc.enable_http_proxy': 0,
  // A TXT record must not configure calls.
  'grpc.service_config_disable_resolution': 1,
  // A connection whose other end is gone says nothing by itself.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5_000,
}

declare const made: unique symbol

/** A channel made by `openChannel`: the only kind that binds tokens. */
export type MeshChannel = ChannelInterface & { readonly [made]: true }

/**
 * A channel of one generation: mutual TLS with one credential, to one service, and the tokens that go with both.
 * A connection to anything but that service fails, and so do calls on it.
 */
export function openChannel(options: GenerationChannelOptions): MeshChannel {
  const context = createSecureContext(secureContextOptions(options.credential))
  const tls = credentials.createFromSecureContext(context, {
    checkServerIdentity: (host, certificate) => checkServer(host, certificate, options.server),
  })
  // With the scheme, a host that is called like one (unix, ipv4) is still a host.
  const channel = new Channel(`dns:///${formatAddress(options.address)}`, tls, OPTIONS)
  const createCall = channel.createCall.bind(channel)
  channel.createCall = (...args) => bindTokens(createCall(...args), options)
  return channel as ChannelInterface as MeshChannel
}

type Call = ReturnType<MeshChannel['createCall']>

function bindTokens(call: Call, { server, tokens }: GenerationChannelOptions): Call {
  const setCredentials = call.setCredentials.bind(call)
  call.setCredentials = (given: CallCredentials) => {
    const isBindable = given instanceof PendingToken && tokens !== undefined
    setCredentials(isBindable ? given.bind(server, tokens) : given)
  }
  return call
}

/** The server must be the expected service and, where its certificate is limited to host names, one of these. */
function checkServer(host: string, certificate: PeerCertificate, expected: ServiceId): Error | undefined {
  try {
    const peer = verifyPeer(certificate.raw, trustDomainOf(expected))
    if (peer.serviceId !== expected) return new Error(`The server is ${peer.serviceId} instead of ${expected}.`)
    return peer.dnsNames.length === 0 ? undefined : checkServerIdentity(host, certificate)
  } catch (error) {
    return new Error(messageOf(error))
  }
}
