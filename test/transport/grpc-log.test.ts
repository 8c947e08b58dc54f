import { experimental, logVerbosity, Metadata } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { logGrpcTo } from '../../src/transport/grpc-log.ts'
import { capturingLogger } from '../support/log.ts'

const { log } = experimental

test('what grpc-js says goes to the log of the service that was named last', () => {
  const [first, last] = [capturingLogger(), capturingLogger()]
  logGrpcTo(first)
  logGrpcTo(last)
  log(logVerbosity.ERROR, 'No address added out of total 1 resolved')
  expect(first.lines).toEqual([])
  expect(last.lines).toEqual([
    { level: 'error', message: 'No address added out of total 1 resolved', fields: { source: 'grpc-js' } },
  ])
})

test('metadata that grpc-js cannot read is not quoted in the log', () => {
  const logger = capturingLogger()
  logGrpcTo(logger)
  for (const value of ['Bearer secret\t', 'Bearer secret\u00e9', 'Bearer secret\nsecret']) {
    expect(Metadata.fromHttp2Headers({ authorization: value, 'x-id': '1' }).getMap()).toEqual({ 'x-id': '1' })
  }
  Metadata.fromHttp2Headers({ 'secret name': 'secret' })
  expect(logger.lines).toHaveLength(4)
  expect(JSON.stringify(logger.lines)).not.toContain('secret')
})
