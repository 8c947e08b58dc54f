import { describe, expect, test } from 'vitest'
import { countersign, initCa, refused, told } from '../support/ca-command.ts'
import { publishSigningKey, trustLogIn } from '../support/published-key.ts'

const ORDERS = 'spiffe://shop.internal/orders'

describe('block', () => {
  test('has a service issued nothing, neither afresh nor in the place of what it has, until it is unblocked', async () => {
    const { dir, out } = await initCa()
    const place = ['--dir', dir, '--out', out]
    await told('ca', 'issue', 'orders', ...place)
    expect(await told('block', 'orders', '--reason', 'under investigation', '--dir', dir)).toMatchObject({
      serviceId: ORDERS,
      blocked: true,
      revision: { epoch: expect.any(Number) },
    })
    expect((await trustLogIn(dir)).at(-1)).toEqual({ kind: 'block', id: ORDERS, isLifted: false })
    expect(await refused('REQUEST_INVALID', 'ca', 'issue', 'orders', ...place)).toContain('countersign unblock')
    const renew = ['ca', 'renew', 'orders', '--dir', dir, '--out', out]
    await refused('REQUEST_INVALID', ...renew)
    await told('ca', 'issue', 'inventory', ...place)

    expect(await told('unblock', ORDERS, '--dir', dir)).toMatchObject({ serviceId: ORDERS, blocked: false })
    expect((await trustLogIn(dir)).at(-1)).toEqual({ kind: 'block', id: ORDERS, isLifted: true })
    await told('ca', 'issue', 'orders', ...place)
  })

  test('is refused for a service that was never issued anything, and for an authority', async () => {
    const { dir, out } = await initCa()
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    await publishSigningKey(dir)
    for (const command of ['block', 'unblock']) {
      expect(await refused('REQUEST_INVALID', command, 'ordres', '--dir', dir)).toContain('never issued')
    }
    for (const service of ['countersign/authority', 'spiffe://shop.internal/countersign/authority']) {
      for (const command of [['block'], ['revoke', 'service']]) {
        expect(await refused('REQUEST_INVALID', ...command, service, '--dir', dir)).toContain('ca distrust')
      }
    }
    expect((await trustLogIn(dir)).filter(({ kind }) => kind === 'block')).toEqual([])
  })

  test('says how to lift it, and how services hear of it', async () => {
    const { dir, out } = await initCa()
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const { out: text } = await countersign('block', 'orders', '--dir', dir)
    expect(text).toContain(`"countersign unblock orders --dir ${dir}"`)
    expect(text).toContain('within a second')
  })
})
