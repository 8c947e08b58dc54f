import { setImmediate as turn } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { Metadata, type ServerInterceptor, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { LiveCalls } from '../../src/interceptor/live-calls.ts'
import { type ServerInterceptorOptions, serverInterceptor } from '../../src/interceptor/server.ts'
import type { TokenVerifier, VerifiedToken } from '../../src/token/verify.ts'
import { rememberPeer } from '../../src/transport/peers.ts'
import { decodeRefusal } from '../../src/transport/status.ts'
import { isGarbage } from '../support/garbage.ts'
import { capturingLogger } from '../support/log.ts'
import { createVerifier, issuedAt, issuedAtMs, peer, signToken, trustOfIssuer, validPayload } from '../support/token.ts'
import { revoke } from '../support/trust.ts'
import { unhandledDuring } from '../support/unhandled.ts'

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
  const sendMessage = vi.fn()
  const sendStatus = vi.fn()
  const start = vi.fn<(listener: Listener) => void>()
  const connection = { start, sendMessage, sendStatus, getAuthContext: () => context } as unknown as NextCall
  const trust = trustOfIssuer({ clock: () => issuedAtMs })
  const calls = new LiveCalls({ trust, clock: () => issuedAtMs })
  onTestFinished(() => calls.close())
  const begin = vi.spyOn(calls, 'begin')
  const end = vi.spyOn(calls, 'end')
  const logger = capturingLogger()
  const interceptor = serverInterceptor({
    ruleOf: () => ({ authentication: 'TOKEN', scopes: [], callers: 'ANY' }),
    verifyToken: createVerifier(),
    trust,
    clock: () => issuedAtMs,
    logger,
    calls,
    ...options,
  })
  const handler = createListener()
  const call = interceptor(METHOD, connection)
  call.start(handler)
  const [[listener] = []] = start.mock.calls
  if (listener === undefined) throw new Error('The call was not started.')
  const counted = () => [begin.mock.calls.length, end.mock.calls.length]
  return { call, listener, handler, sendMessage, sendStatus, logger, trust, calls, counted }
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
    const { listener, calls, counted } = startCall(options)
    listener.onReceiveMetadata(metadataWith(signToken()))
    await turn()
    expect(counted()).toEqual([1, 0])
    expect(await calls.settle(0)).toBe(false)
    listener.onCancel()
    listener.onCancel()
    expect(await calls.settle(0)).toBe(true)
    expect(counted()[0]).toBe(1)
  })

  test('and not at all where it ends before it begins', () => {
    const { listener, handler, counted } = startCall()
    expect(counted()).toEqual([0, 0])
    listener.onCancel()
    listener.onReceiveMetadata(metadataWith(signToken()))
    expect(counted()[0]).toBe(0)
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

const tokenRevocation = { kind: 'token', id: validPayload.jti, until: issuedAt + 3600 } as const
const certificateRevocation = { kind: 'certificate', id: peer.serialNumber, until: issuedAt + 3600 } as const

describe('a call that a revocation ends', () => {
  test('gets one status, its handler is told, and nothing is delivered after, in either direction', async () => {
    const { call, listener, handler, sendMessage, sendStatus, trust, logger } = startCall()
    listener.onReceiveMetadata(metadataWith(signToken()))
    await vi.waitUntil(() => handler.onReceiveMetadata.mock.calls.length === 1)
    revoke(trust, tokenRevocation)
    revoke(trust, certificateRevocation)
    call.sendMessage('late', () => {})
    call.sendStatus({ code: status.OK, details: 'late' })
    listener.onReceiveMessage('late')
    listener.onReceiveHalfClose()
    await turn()
    listener.onCancel()

    expect(sendMessage).not.toHaveBeenCalled()
    expect(handler.onReceiveMessage).not.toHaveBeenCalled()
    expect(handler.onReceiveHalfClose).not.toHaveBeenCalled()
    expect(handler.onCancel).toHaveBeenCalledOnce()
    const [[ending] = []] = sendStatus.mock.calls
    expect(sendStatus).toHaveBeenCalledOnce()
    expect(ending.code).toBe(status.UNAUTHENTICATED)
    const refusal = decodeRefusal(ending.metadata)
    expect(refusal).toEqual({ code: 'TOKEN_REVOKED', decisionId: expect.any(String), isBeforeHandler: false })
    expect(logger.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'call refused', fields: { code: 'TOKEN_REVOKED', decisionId: refusal?.decisionId } },
    ])
  })

  test('is one that was answered no more: its answer stands', async () => {
    const { call, listener, handler, sendStatus, trust } = startCall()
    listener.onReceiveMetadata(metadataWith(signToken()))
    await vi.waitUntil(() => handler.onReceiveMetadata.mock.calls.length === 1)
    call.sendStatus({ code: status.OK, details: '' })
    revoke(trust, tokenRevocation)
    expect(sendStatus.mock.calls).toEqual([[{ code: status.OK, details: '' }]])
  })

  test.each([
    ['its token', tokenRevocation, 'TOKEN_REVOKED'],
    ['its certificate', certificateRevocation, 'CERTIFICATE_REVOKED'],
  ])('is refused while it is being decided: %s', async (_, revocation, code) => {
    const verifying = Promise.withResolvers<void>()
    const verify = createVerifier()
    const { listener, handler, sendStatus, trust } = startCall({
      verifyToken: async (...given) => {
        const token = await verify(...given)
        await verifying.promise
        return token
      },
    })
    listener.onReceiveMetadata(metadataWith(signToken()))
    await turn()
    revoke(trust, revocation)
    verifying.resolve()
    await vi.waitUntil(() => sendStatus.mock.calls.length > 0)
    await turn()
    expect(handler.onReceiveMetadata).not.toHaveBeenCalled()
    expect(sendStatus).toHaveBeenCalledOnce()
    const [[ending] = []] = sendStatus.mock.calls
    expect(decodeRefusal(ending.metadata)).toMatchObject({ code, isBeforeHandler: true })
  })

  test('is refused where the revocation comes between the verdict on its token and its admission', async () => {
    const { promise, resolve } = Promise.withResolvers<VerifiedToken>()
    const { listener, handler, sendStatus, trust } = startCall({ verifyToken: () => promise })
    const token = await createVerifier()(signToken(), peer)
    listener.onReceiveMetadata(metadataWith(signToken()))
    resolve(token)
    await Promise.resolve()
    revoke(trust, tokenRevocation)
    await turn()
    expect(handler.onReceiveMetadata).not.toHaveBeenCalled()
    expect(sendStatus).toHaveBeenCalledOnce()
  })

  test('does not keep others from their end where its handler fails at it', async () => {
    const failing = startCall()
    failing.handler.onCancel.mockImplementation(() => {
      throw new Error('a listener of the handler')
    })
    failing.listener.onReceiveMetadata(metadataWith(signToken()))
    await vi.waitUntil(() => failing.handler.onReceiveMetadata.mock.calls.length === 1)
    const unhandled = await unhandledDuring(async () => {
      expect(() => revoke(failing.trust, tokenRevocation)).not.toThrow()
      await turn()
    })
    expect(unhandled).toHaveLength(1)
  })
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
