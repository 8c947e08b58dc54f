import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { parseCompactToken } from '../../src/token/compact.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import { CommandProcess } from './ca/command-process.ts'
import { useCompileCache } from './compile-cache.ts'
import { ROUNDS } from './rounds.ts'
import { BOUND_MS } from './trust/bounds.ts'
import { Intruder } from './trust/intruder.ts'
import { Newcomers } from './trust/newcomers.ts'
import { Premises } from './trust/premises.ts'
import { Regulars } from './trust/regulars.ts'
import { Suspect } from './trust/suspect.ts'
import { quietLogger, startVerifier } from './trust/verifier.ts'

useCompileCache()

const VERIFIERS = 4
const IS_LONG = ROUNDS >= 200
const ROTATION_SECONDS = IS_LONG ? 5 : 1
const LENGTH_MS = IS_LONG ? 120_000 : 10_000
const REQUEST_EVERY_MS = 2_500

const said: string[] = []
afterAll(() => void process.stdout.write(`${said.join('\n')}\n`))

test(`signing keys are rotated every ${ROTATION_SECONDS} s by two authorities under load, and no good token is refused; a key that is killed is refused by all, and calls go on`, async () => {
  const premises = await Premises.create()
  const settings = { keyRotationSeconds: ROTATION_SECONDS }
  const processes = [await premises.startAuthority(settings), await premises.startAuthority(settings)]
  const authorities = processes.map(({ address }) => address)
  const credential = await premises.credential('warehouse')
  const verifiers = await Promise.all(
    Array.from({ length: VERIFIERS }, () => startVerifier({ credential, authorities })),
  )
  const options = { authorities, clock: systemClock, logger: quietLogger() }
  const orders = await joinWith(await premises.credential('orders'), options)
  onTestFinished(() => orders.close())
  const regulars = new Regulars(
    orders,
    verifiers.map(({ address }) => address),
  )
  const newcomer = new Intruder(await premises.guest())
  const newcomers = new Newcomers(newcomer, processes, verifiers)

  let requests = 0
  for (const endsAt = performance.now() + LENGTH_MS; performance.now() < endsAt; await sleep(REQUEST_EVERY_MS)) {
    const command = new CommandProcess(['signing-key', 'rotate', '--dir', premises.dir], {})
    expect(await command.ended).toMatchObject({ exitCode: 0 })
    requests += 1
  }
  for (const { logged } of verifiers) expect(logged('call refused')).toEqual([])
  expect([regulars.problems, newcomers.problems]).toEqual([[], []])
  const rotations = processes.map(({ log }) => log.filter(({ message }) => message === 'token signing key published'))
  for (const { length } of rotations) expect(length).toBeGreaterThan((0.7 * LENGTH_MS) / 1000 / ROTATION_SECONDS)
  await newcomers.stop()
  const good = `${regulars.calls} calls with cached tokens and ${newcomers.calls} with new ones`
  said.push(
    `${rotations.map(({ length }) => length).join(' and ')} keys of two authorities, of which ${newcomers.keys.size} were seen; ` +
      `${requests} requests: ${good} were let through, the longest took ${Math.round(regulars.longestMs)} ms`,
  )

  const [, token = ''] = [...newcomers.keys].at(-1) ?? []
  const { keyId } = parseCompactToken(token)
  const suspect = new Suspect('signingKey', token, newcomer, verifiers)
  await suspect.requireAccepted()
  await premises.command(...(suspect.command ?? []))
  const acknowledgedAt = performance.now()
  await suspect.probe(() => performance.now() > acknowledgedAt + 10 * BOUND_MS)
  const lateMs = Math.max(0, ...suspect.passedAt.map((passedAt) => (passedAt ?? 0) - acknowledgedAt))
  expect(suspect.problems).toEqual([])
  expect(lateMs).toBeLessThan(BOUND_MS)
  said.push(`a key that was killed was accepted for ${Math.round(lateMs)} ms after the acknowledgement`)

  await sleep(1_000)
  for (const address of authorities) {
    const next = await newcomer.token(address)
    expect(parseCompactToken(next).keyId).not.toBe(keyId)
    for (const verifier of verifiers) expect(await newcomer.call(verifier.address, next)).toHaveProperty('status', 'OK')
  }
  await regulars.stop()
  expect(regulars.problems).toEqual([])
})
