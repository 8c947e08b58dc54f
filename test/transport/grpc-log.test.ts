import { experimental, logVerbosity, Metadata } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { logGrpcTo } from '../../src/transport/grpc-log.ts'
import { capturingLogger } from '../support/log.ts'
import { signToken } from '../support/token.ts'

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

test('a token is not written where the environment has grpc-js trace every call', () => {
  const logger = capturingLogger()
  logGrpcTo(logger)
  const token = signToken()
  for (const text of [`"authorization":["Bearer ${token}"]`, `\tcountersign-token: ${token}\n`, token.slice(0, 300)]) {
    for (const severity of [logVerbosity.DEBUG, logVerbosity.INFO, logVerbosity.ERROR]) log(severity, text)
  }
  expect(logger.lines.length).toBeGreaterThan(0)
  for (const { message } of logger.lines) {
    expect(message).toContain('[a token]')
    for (const part of token.split('.')) expect(message).not.toContain(part)
    expect(message).not.toContain('.')
  }
})
