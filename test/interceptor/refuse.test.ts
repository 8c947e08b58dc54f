import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { refuse } from '../../src/interceptor/refuse.ts'
import { decodeRefusal } from '../../src/transport/status.ts'
import { capturingLogger } from '../support/log.ts'

const call = { method: '/shop.v1.Orders/Place', caller: 'spiffe://shop.internal/storefront' }

describe('a refusal', () => {
  test('is logged under the decision ID that its status carries', () => {
    const log = capturingLogger()
    const refusal = refuse(new AuthError('GRANT_DENIED', 'Not you.', { logDetail: 'why' }), call, log)
    expect(refusal).toMatchObject({ code: status.PERMISSION_DENIED, details: 'Not you.' })
    const { decisionId } = decodeRefusal(refusal.metadata) ?? {}
    const fields = { outcome: 'refused', ...call, code: 'GRANT_DENIED', reason: 'why', decisionId }
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'call refused', fields }])
  })

  test('tells a caller nothing of what is wrong with the set-up of the service', () => {
    const log = capturingLogger()
    const refusal = refuse(new AuthError('CONFIGURATION_INVALID', 'Cannot read /etc/secret.'), call, log)
    expect(refusal).toMatchObject({ code: status.INTERNAL, details: expect.not.stringContaining('secret') })
    expect(log.lines).toMatchObject([{ level: 'error', message: 'call failed' }])
  })

  test('writes no more than a few thousand characters into the log', () => {
    const log = capturingLogger()
    refuse(new AuthError('GRANT_DENIED', 'x'.repeat(1_000_000)), call, log)
    expect(String(log.lines[0]?.fields['reason']).length).toBeLessThanOrEqual(4096)
  })
})
