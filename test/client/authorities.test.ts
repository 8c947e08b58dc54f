import { describe, expect, onTestFinished, test } from 'vitest'
import { Authorities } from '../../src/client/authorities.ts'
import type { Address } from '../../src/core/address.ts'
import { AuthError, type AuthErrorCode } from '../../src/core/errors.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'

const credential = createTestCa().credential('orders')
const ADDRESSES = [1, 2, 3].map((port): Address => ({ host: 'localhost', port }))

function authoritiesAt(addresses: readonly Address[], random = () => 0.99): Authorities {
  const authorities = new Authorities({ addresses, credential, random })
  onTestFinished(() => authorities.close())
  return authorities
}

const portsOf = ({ clients }: Authorities) => clients.map(({ address }) => address.port)

/** Asks, and tells whom. */
async function ask(authorities: Authorities, answerOf: (port: number) => AuthErrorCode | 'answer') {
  const asked: number[] = []
  const asking = authorities.ask(async ({ address }) => {
    asked.push(address.port)
    const answer = answerOf(address.port)
    if (answer !== 'answer') throw new AuthError(answer, `${address.port} fails`)
    return address.port
  })
  const result = await asking.catch((error: AuthError) => error.message)
  return { asked, result }
}

describe('authorities', () => {
  test('are asked in an order of their own by each process, in which each is once', () => {
    const draws = [0, 0.4, 0.9].flatMap((first) => [0, 0.9].map((second) => [first, second]))
    const orders = draws.map((numbers) => portsOf(authoritiesAt(ADDRESSES, () => numbers.shift() ?? 0)).join())
    expect(orders.sort()).toEqual(['1,2,3', '1,3,2', '2,1,3', '2,3,1', '3,1,2', '3,2,1'])
  })

  test('are not none', () => {
    expect(() => authoritiesAt([])).toThrow(TypeError)
  })

  test('are asked once each where they cannot answer, and then that which answered', async () => {
    const authorities = authoritiesAt(ADDRESSES)
    const [first, second, third] = portsOf(authorities)
    const failures: readonly AuthErrorCode[] = ['AUTHORITY_UNAVAILABLE', 'STORE_UNAVAILABLE', 'VERIFIER_NOT_READY']
    for (const failure of failures) {
      const allFail = await ask(authorities, () => failure)
      expect(allFail).toEqual({ asked: [first, second, third], result: `${third} fails` })
    }
    const oneAnswers = await ask(authorities, (port) => (port === second ? 'answer' : 'AUTHORITY_UNAVAILABLE'))
    expect(oneAnswers).toEqual({ asked: [first, second], result: second })
    expect(await ask(authorities, () => 'answer')).toEqual({ asked: [second], result: second })
    expect((await ask(authorities, () => 'AUTHORITY_UNAVAILABLE')).asked).toEqual([second, first, third])
  })

  test('give an answer where one refuses', async () => {
    const authorities = authoritiesAt(ADDRESSES)
    const [first, second] = portsOf(authorities)
    const refusing = (port: number) => (port === first ? 'AUTHORITY_UNAVAILABLE' : 'GRANT_DENIED')
    expect(await ask(authorities, refusing)).toEqual({ asked: [first, second], result: `${second} fails` })
    expect((await ask(authorities, () => 'GRANT_DENIED')).asked).toEqual([second])
  })

  test('fail with what a fault in the program throws, at once', async () => {
    const authorities = authoritiesAt(ADDRESSES)
    const asking = authorities.ask(() => Promise.reject(new TypeError('fault')))
    await expect(asking).rejects.toThrow('fault')
  })

  test('issue nothing where none can be reached', async () => {
    const authorities = authoritiesAt(ADDRESSES)
    const request = { audience: credential.serviceId, scopes: [] }
    await refusalOf('AUTHORITY_UNAVAILABLE', () => authorities.issueToken(request))
  })
})
