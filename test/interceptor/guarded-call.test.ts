import { setImmediate as turn } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { Metadata, type ServerInterceptor } from '@grpc/grpc-js'
import { describe, expect, test, vi } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { CallsUnderWay } from '../../src/interceptor/calls-under-way.ts'
import { type ServerInterceptorOptions, serverInterceptor } from '../../src/interceptor/server.ts'
import type { TokenVerifier } from '../../src/token/verify.ts'
import { rememberPeer } from '../../src/transport/peers.ts'
import { isGarbage } from '../support/garbage.ts'
import { capturingLogger } from '../support/log.ts'
import { createVerifier, issuedAtMs, peer, signToken } from '../support/token.ts'

type NextCall = Parameters<ServerInterceptor>[1]
type Listener = Parameters<NextCall['start']>[0]

const METHOD = { path: '/warehouse.v1.Warehouse/Pick' } as Parameters<ServerInterceptor>[0]

const socket = { authorized: true, getPeerCertificate: () => ({}) } as unknown as TLSSocket
rememberPeer(socket, peer)
const context = { sslPeerCertificate: socket.getPeerCertificate() }

const createListener = () =>
  ({
    onReceiveMetadata: vi.fn(),
    onReceiveMessage: vi.fn(),
    onReceiveHalfClose: vi.fn(),
    onCancel: vi.fn(),
  }) satisfies Listener

/** A call of `peer` that has been started, over a connection that is the test itself. */
function startCall(options: Partial<ServerInterceptorOptions> = {}) {
  const sendStatus = vi.fn()
  const start = vi.fn<(listener: Listener) => void>()
  const connection = { start, sendStatus, getAuthContext: () => context } as unknown as NextCall
  const calls = new CallsUnderWay()
  const begin = vi.spyOn(calls, 'begin')
  const end = vi.spyOn(calls, 'end')
  const logger = capturingLogger()
  const interceptor = serverInterceptor({
    ruleOf: () => ({ authentication: 'TOKEN', scopes: [], callers: 'ANY' }),
    verifyToken: createVerifier(),
    clock: () => issuedAtMs,
    logger,
    calls,
    ...options,
  })
  const handler = createListener()
  interceptor(METHOD, connection).start(handler)
  const [[listener] = []] = start.mock.calls
  if (listener === undefined) throw new Error('The call was not started.')
  return { listener, handler, sendStatus, logger, counted: () => [begin.mock.calls.length, end.mock.calls.length] }
}

function metadataWith(token: string): Metadata {
  const metadata = new Metadata()
  metadata.set('countersign-token', token)
  return metadata
}

const refuseAtOnce: TokenVerifier = () => {
  throw new AuthError('TOKEN_INVALID', 'No.')
}
const refuseLater: TokenVerifier = async (...given) => refuseAtOnce(...given)

describe('a call is counted from its beginning to its end', () => {
  test.each<[title: string, options: Partial<ServerInterceptorOptions>]>([
    ['when it is admitted', {}],
    ['when it is refused at once', { verifyToken: refuseAtOnce }],
    ['when it is refused later', { verifyToken: refuseLater }],
    ['when it brings too much', { metadataBytes: 1 }],
    ['when it has no rule', { ruleOf: () => undefined }],
  ])('%s', async (_, options) => {
    const { listener, counted } = startCall(options)
    listener.onReceiveMetadata(metadataWith(signToken()))
    await turn()
    expect(counted()).toEqual([1, 0])
    listener.onCancel()
    listener.onCancel()
    expect(counted()).toEqual([1, 1])
  })

  test('and not at all where it ends before it begins', () => {
    const { listener, handler, counted } = startCall()
    expect(counted()).toEqual([0, 0])
    listener.onCancel()
    listener.onReceiveMetadata(metadataWith(signToken()))
    expect(counted()).toEqual([0, 0])
    expect(handler.onCancel).toHaveBeenCalledOnce()
    expect(handler.onReceiveMetadata).not.toHaveBeenCalled()
  })
})

test('nothing reaches the handler of a call after its end', async () => {
  const { listener, handler } = startCall()
  listener.onReceiveMetadata(metadataWith(signToken()))
  await vi.waitUntil(() => handler.onReceiveMetadata.mock.calls.length === 1)
  listener.onCancel()
  listener.onReceiveMessage('late')
  listener.onReceiveHalfClose()
  expect(handler.onReceiveMessage).not.toHaveBeenCalled()
  expect(handler.onReceiveHalfClose).not.toHaveBeenCalled()
})

test('a refusal is logged even when its caller has left', async () => {
  const { listener, handler, logger } = startCall({ verifyToken: refuseLater })
  listener.onReceiveMetadata(metadataWith('a.b.c'))
  listener.onCancel()
  await turn()
  expect(logger.lines.map(({ message, fields }) => [message, fields['code']])).toEqual([
    ['call refused', 'TOKEN_INVALID'],
  ])
  expect(handler.onReceiveMetadata).not.toHaveBeenCalled()
})

test('the side of the handler is let go at the end of its call, while the stream lasts', async () => {
  const { listener, handler } = endedCall()
  expect(await isGarbage(handler)).toBe(true)
  expect(listener).toBeDefined()
})

/** In a function of its own, so that the test holds nothing but what it returns. */
function endedCall() {
  const { listener, handler } = startCall({ verifyToken: refuseAtOnce })
  listener.onReceiveMetadata(metadataWith('a.b.c'))
  listener.onCancel()
  return { listener, handler: new WeakRef(handler) }
}
