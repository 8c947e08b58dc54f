import { inspect } from 'node:util'
import { CallCredentials, Channel, credentials, Metadata, ServerCredentials, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { parseScope } from '../../src/core/scope.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import type { TokenRequest, TokenSource } from '../../src/token/token-source.ts'
import { openChannel } from '../../src/transport/channel.ts'
import { PendingToken } from '../../src/transport/pending-token.ts'
import { TOKEN_KEY } from '../../src/transport/token-metadata.ts'
import { callEcho, createEcho, openEcho } from '../support/echo.ts'
import { createTestCa } from '../support/pki.ts'

const audience = parseServiceId('spiffe://shop.internal/inventory')
const issuer = createTestCa()

/** What bound credentials bring to a call. */
function generate(pending: PendingToken, tokens: TokenSource): Promise<Metadata> {
  return pending
    .bind(audience, tokens)
    .generateMetadata({ method_name: 'Echo', service_url: 'https://localhost/test.Echo' })
}

describe('a pending token', () => {
  test('becomes the token that its channel has fetched for it', async () => {
    const pending = new PendingToken([parseScope('a'), parseScope('b')])
    const metadata = await generate(pending, async (request) => `${request.audience}|${request.scopes.join('|')}`)
    expect(metadata.getMap()).toEqual({ [TOKEN_KEY]: `${audience}|a|b` })
    expect(pending.failure).toBeUndefined()
  })

  test('keeps the scopes that it was made with', () => {
    const scopes = [parseScope('a')]
    const pending = new PendingToken(scopes)
    scopes.push(parseScope('b'))
    expect(pending.scopes).toEqual(['a'])
  })

  test('equals itself alone, so that no connection is shared by mistake', () => {
    const pending = new PendingToken([])
    expect(pending._equals(pending)).toBe(true)
    expect(pending._equals(new PendingToken([]))).toBe(false)
  })

  test('tells why no token could be had, and ends the call with the status of that reason', async () => {
    const refusals = [
      [new AuthError('GRANT_DENIED', 'no grant'), status.PERMISSION_DENIED],
      [new AuthError('AUTHORITY_UNAVAILABLE', 'no authority'), status.UNAVAILABLE],
      [new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'no peer'), status.UNAUTHENTICATED],
    ] as const
    for (const [refusal, code] of refusals) {
      const pending = new PendingToken([])
      const thrown = generate(pending, () => Promise.reject(refusal))
      await expect(thrown).rejects.toMatchObject({ code, message: refusal.message })
      expect(pending.failure).toBe(refusal)
    }
  })

  test('tells nothing of an error that is none of ours', async () => {
    const pending = new PendingToken([])
    const thrown = generate(pending, () => Promise.reject(new Error('password=hunter2')))
    await expect(thrown).rejects.toMatchObject({
      code: status.INTERNAL,
      message: expect.not.stringContaining('hunter2'),
    })
    expect(pending.failure?.code).toBe('INTERNAL')
  })

  test('fails where its source throws at once', async () => {
    const thrown = generate(new PendingToken([]), () => {
      throw new AuthError('GRANT_DENIED', 'no grant')
    })
    await expect(thrown).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
  })

  test('forgets a failure once there is a token', async () => {
    const pending = new PendingToken([])
    await expect(generate(pending, () => Promise.reject(new Error('once')))).rejects.toThrow()
    await generate(pending, async () => 'token')
    expect(pending.failure).toBeUndefined()
  })

  test('asks for another token once the one that it sent has been refused', async () => {
    const requests: TokenRequest[] = []
    const tokens: TokenSource = (request) => {
      requests.push(request)
      return `token-${requests.length}`
    }
    const pending = new PendingToken([])
    await generate(pending, tokens)
    await generate(pending, tokens) // grpc-js may ask more than once for an attempt
    pending.refuse()
    const metadata = await generate(pending, tokens)
    expect(metadata.getMap()).toEqual({ [TOKEN_KEY]: 'token-3' })
    expect(requests.map(({ insteadOf }) => insteadOf)).toEqual([undefined, undefined, 'token-2'])
    expect(requests[0]).toEqual({ audience, scopes: [] })
    expect(pending.isExhausted).toBe(false)
  })

  test('does not send a refused token again, be it brought at once or later', async () => {
    for (const tokens of [() => 'refused', async () => 'refused']) {
      const pending = new PendingToken([])
      await generate(pending, tokens)
      pending.refuse()
      await expect(generate(pending, tokens)).rejects.toThrow()
      expect(pending.isExhausted).toBe(true)
    }
  })

  test('where nothing was sent, has nothing to ask another for', async () => {
    const requests: TokenRequest[] = []
    const pending = new PendingToken([])
    pending.refuse()
    await generate(pending, (request) => `token-${requests.push(request)}`)
    expect(requests).toEqual([{ audience, scopes: [] }])
  })

  test('keeps the token that it sent to itself', async () => {
    const pending = new PendingToken([])
    const bound = pending.bind(audience, () => 'a-secret-token')
    await bound.generateMetadata({ method_name: 'Echo', service_url: 'https://localhost/test.Echo' })
    pending.refuse()
    for (const credentials of [pending, bound]) {
      expect(inspect(credentials, { depth: 9, showHidden: true })).not.toContain('a-secret-token')
      expect(JSON.stringify(credentials)).not.toContain('a-secret-token')
    }
    await expect(pending.generateMetadata()).rejects.toMatchObject({ code: status.UNAUTHENTICATED })
  })

  test('brings each token of a source that has several, in any order', async () => {
    const tokens: TokenSource = ({ scopes }) => `for-${scopes.join()}`
    for (const scope of ['one', 'one', 'two', 'one', 'three', 'three']) {
      const metadata = await generate(new PendingToken([parseScope(scope)]), tokens)
      expect(metadata.get(TOKEN_KEY)).toEqual([`for-${scope}`])
    }
  })

  test('combines with nothing once it is bound', () => {
    const bound = new PendingToken([]).bind(audience, () => 'token')
    const other = CallCredentials.createFromMetadataGenerator((_, callback) => callback(null, new Metadata()))
    expect(bound.compose(other)).toBe(bound)
    expect(bound._equals(bound)).toBe(true)
    expect(bound._equals(new PendingToken([]).bind(audience, () => 'token'))).toBe(false)
  })

  test('does not repeat a token that cannot be sent, in the error or for the log', async () => {
    for (const token of ['secret\nsecret', 'secret\0', 'secretü\u{1f600}']) {
      const pending = new PendingToken([])
      const thrown = await generate(pending, async () => token).catch((error: Error) => error)
      expect(thrown).toBeInstanceOf(Error)
      expect(String((thrown as Error).stack)).not.toContain('secret')
      expect(`${pending.failure?.message} ${pending.failure?.logDetail}`).not.toContain('secret')
    }
  })
})

describe('a pending token that is not bound', () => {
  const unauthenticated = { code: status.UNAUTHENTICATED, details: expect.stringContaining('needs a token') }

  test('fails by itself', async () => {
    await expect(new PendingToken([]).generateMetadata()).rejects.toMatchObject({ code: status.UNAUTHENTICATED })
  })

  test('fails in combination with other credentials too, in either order', async () => {
    const other = CallCredentials.createFromMetadataGenerator((_, callback) => callback(null, new Metadata()))
    const options = { method_name: 'Echo', service_url: 'https://localhost/test.Echo' }
    const compose = [
      (pending: CallCredentials) => other.compose(pending),
      // grpc-js does this to the credentials of every call.
      (pending: CallCredentials) => pending.compose(CallCredentials.createEmpty()),
      (pending: CallCredentials) => pending.compose(other),
    ]
    for (const combine of compose) {
      const combined = combine(new PendingToken([]))
      await expect(combined.generateMetadata(options)).rejects.toMatchObject({ code: status.UNAUTHENTICATED })
    }
  })

  test('ends a call over a connection without TLS before it is sent', async () => {
    const { server, calls } = createEcho()
    const port = await new Promise<number>((resolve) =>
      server.bindAsync('localhost:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
    )
    const channel = new Channel(`localhost:${port}`, credentials.createInsecure(), {})
    onTestFinished(() => channel.close())
    expect(await callEcho(channel, new PendingToken([]))).toMatchObject(unauthenticated)
    expect(calls).toEqual([])
    expect(await callEcho(channel)).toEqual({ answer: 'hello' })
  })

  test('ends a call over a channel that has no tokens before it is sent', async () => {
    const { port, calls } = await openEcho({ credentials: issuer.credential('inventory') })
    const address = { host: 'localhost', port }
    const channel = openChannel({ address, server: audience, credential: issuer.credential('orders') })
    onTestFinished(() => channel.close())
    expect(await callEcho(channel, new PendingToken([]))).toMatchObject(unauthenticated)
    expect(calls).toEqual([])
    expect(await callEcho(channel)).toEqual({ answer: 'hello' })
  })
})
